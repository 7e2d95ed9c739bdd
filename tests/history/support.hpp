#pragma once

#include "history/ledger.hpp"

#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

namespace codecrucible::history::test {

// A folder that goes away with the test.
struct Folder {
  Folder() {
    static int count = 0;
    path = std::filesystem::temp_directory_path() /
           ("codecrucible-history-" + std::to_string(getpid()) + "-" + std::to_string(++count));
    std::filesystem::create_directories(path);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file() const { return (path / "history.db").string(); }
  std::filesystem::path path;
};

// A record with something in every place.
inline Record full_record(const std::string& id) {
  Record r;
  r.id = id;
  r.at = Wall(std::chrono::microseconds(1'800'000'000'123'456));
  r.surface = "openai-chat";
  r.user = 0xfedcba9876543211;
  r.conversation = 77;
  auto& f = r.features;
  f.classified = true;
  f.task = core::TaskType::debugging;
  f.complexity = core::Complexity::complex;
  f.score = 7.5;
  f.confidence = 0.875;
  f.keywords = "security,performance";
  f.language = "python";
  f.model_asked = "auto";
  f.prefer = "quality";
  f.prompt_tokens = 1234;
  f.prompt_length = 5678;
  f.context_files = 3;
  f.messages = 5;
  f.max_tokens = 999;
  f.hour = 23;
  f.weekday = 7;
  f.tools = f.vision = f.stream = f.needs_code = f.tool_loop = f.running = f.stayed = true;
  f.may_explore = false;
  r.rule = "hard \"work\", goes, up";
  r.tier = "quality";
  r.reason = "because\nof this";
  r.rule_confidence = 0.5;
  r.escalation_threshold = 0.25;
  r.propensity = 0.125;
  r.explored = true;
  r.simulated = true;
  r.config_version = 12;
  r.policy_version = 34;
  r.variant = "canary";
  r.ranked = {{"ollama", "large:34b", 0.5F, 0.75F, 12.5F, 1.5F},
              {"lmstudio", "small \"q\"", 0.25F, 0.5F, 2, 0.5F}};
  Attempt failed;
  failed.host = "lmstudio";
  failed.model = "small";
  failed.began = std::chrono::microseconds(100);
  failed.ended = std::chrono::microseconds(2'000);
  failed.failure = core::Cause::stall;
  Attempt good;
  good.host = "ollama";
  good.model = "large:34b";
  good.began = std::chrono::microseconds(2'100);
  good.first = std::chrono::microseconds(3'000);
  good.ended = std::chrono::microseconds(9'000);
  good.load = std::chrono::microseconds(700);
  good.prompt_tokens = 1200;
  good.completion_tokens = 45;
  good.confidence = 0.5;
  good.held = true;
  good.verdict = "commit";
  r.attempts = {failed, good};
  r.source = Source::shared;
  r.escalated = true;
  r.finish = core::FinishReason::tool_calls;
  r.events = 46;
  r.tool_calls = true;
  r.prompt_tokens = 1200;
  r.completion_tokens = 45;
  r.cached_tokens = 800;
  r.confidence = 0.5;
  r.duration = std::chrono::microseconds(9'100);
  r.first_token = std::chrono::microseconds(3'000);
  r.queued = std::chrono::microseconds(50);
  r.overhead = std::chrono::microseconds(70);
  r.backends = std::chrono::microseconds(8'800);
  r.prompt_hash = "00ff";
  r.prompt = "[user] hello";
  r.answer = "hi";
  r.content_cut = true;
  return r;
}

// Settings under which nothing waits for long.
inline Settings quick() {
  Settings settings;
  settings.flush = std::chrono::milliseconds(5);
  settings.signals.pause = std::chrono::milliseconds(0);
  return settings;
}

inline bool hand_over(Ledger& ledger, const Record& record, std::size_t lane = 0) {
  auto blank = ledger.lane(lane).blank();
  *blank = record;
  return ledger.lane(lane).hand_over(std::move(blank));
}

// What a callback of the writer's thread gives, waited for.
template <class T>
class Promised {
 public:
  void give(T value) {
    const std::scoped_lock lock(mutex_);
    value_ = std::move(value);
    there_.notify_one();
  }
  T wait() {
    std::unique_lock lock(mutex_);
    there_.wait(lock, [this] { return value_.has_value(); });
    return std::move(*value_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable there_;
  std::optional<T> value_;
};

inline std::vector<Kept> all_of(Ledger& ledger, Filter filter = {}) {
  Promised<std::vector<Kept>> promised;
  ledger.ask([&](core::Result<Reader*> reader) {
    std::vector<Kept> out;
    if (reader) (void)(*reader)->read(filter, [&](const Kept& kept) { return out.push_back(kept), true; });
    promised.give(std::move(out));
  });
  return promised.wait();
}

inline core::Result<std::int64_t> say(Ledger& ledger, const std::string& id, double value) {
  Promised<core::Result<std::int64_t>> promised;
  Feedback feedback;
  feedback.id = id;
  feedback.value = value;
  feedback.comment = "so it is";
  ledger.feedback(feedback, [&](core::Result<std::int64_t> done) { promised.give(std::move(done)); });
  return promised.wait();
}

}  // namespace codecrucible::history::test
