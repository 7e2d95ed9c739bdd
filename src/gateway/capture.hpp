#pragma once

#include "cache/exact.hpp"
#include "gateway/chat_job.hpp"
#include "gateway/listener.hpp"

#include <memory>
#include <string>

namespace codecrucible::gateway {

// Takes down what the client of a led request is shown: tells those who joined as it goes, and keeps the
// whole answer if it may be kept. Only what was shown counts; what was held back and given up is forgotten.
class Capture final : public AnswerListener {
 public:
  // `flight` may be null: nobody may join. `keep` false: the answer is not put into the cache.
  Capture(ChatJob& job, cache::Exact& cache, const cache::Key& key, std::shared_ptr<cache::Flight> flight,
          bool keep);

  void begin() override;
  void hear(const core::Event& event) override;
  void shown() override;
  void shown_all() override;
  // Those who joined get this answer instead; it is not kept again.
  void told_from(const cache::Answer& answer);
  // What was put into the cache, or would have been but for its size; null: nothing whole.
  const cache::AnswerPtr& answer() const { return answer_; }
  // The request has ended, whatever way; those who joined are told, if they were not.
  void settle(const std::optional<core::Failure>& failure);

 private:
  bool complete() const;
  bool by_its_own_length() const;
  cache::AnswerPtr make_answer();
  void introduce();

  ChatJob& job_;
  cache::Exact& cache_;
  cache::Key key_;
  std::shared_ptr<cache::Flight> flight_;
  bool keep_;
  std::string heard_;  // packed, not yet shown
  std::string shown_;  // without a flight: the answer so far
  std::shared_ptr<const cache::Origin> origin_;
  core::Usage usage_;
  std::int64_t pieces_ = 0;
  std::uint64_t begun_ = 0, finished_ = 0;  // choices, as bits
  core::FinishReason finish_ = core::FinishReason::stop;
  cache::AnswerPtr answer_;
  bool failed_ = false;
  bool mended_ = false;  // another backend went on where one broke off
  bool too_large_ = false;
  bool concluded_ = false;
};

}  // namespace codecrucible::gateway
