#include "history/ledger.hpp"

#include "history/book.hpp"
#include "history/signals.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace codecrucible::history {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t batch_limit = 1000;
constexpr auto patience = std::chrono::milliseconds(250);  // for a record that feedback has overtaken
constexpr auto look_again = std::chrono::milliseconds(5);
constexpr auto between_prunes = std::chrono::seconds(60);

// The last request of each conversation, bounded: when one half is full the older half is forgotten.
class Recent {
 public:
  const Seen* find(std::uint64_t conversation) const {
    for (const auto* half : {&young_, &old_}) {
      const auto found = half->find(conversation);
      if (found != half->end()) return &found->second;
    }
    return nullptr;
  }
  void put(std::uint64_t conversation, Seen seen) {
    if (young_.size() >= half_size) {
      old_ = std::move(young_);
      young_.clear();
    }
    young_[conversation] = std::move(seen);
  }

 private:
  static constexpr std::size_t half_size = 8192;
  std::unordered_map<std::uint64_t, Seen> young_, old_;
};

class Writer final : public Ledger {
 public:
  Writer(Settings settings, std::string file, std::size_t lanes, LedgerHooks hooks)
      : hooks_(std::move(hooks)),
        settings_(std::move(settings)),
        book_(std::move(file), [this](std::string_view what, std::string_view why) {
          if (hooks_.trouble) hooks_.trouble(what, why);
        }) {
    const std::size_t each = std::max<std::size_t>(settings_.queue / std::max<std::size_t>(lanes, 1), 16);
    for (std::size_t i = 0; i < lanes; ++i) {
      lanes_.push_back(std::make_unique<Lane>(each, [this] { wake_.notify_one(); }));
    }
    thread_ = std::thread([this] { run(); });
  }

  ~Writer() override {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  Lane& lane(std::size_t index) override { return *lanes_[index]; }

  void feedback(Feedback feedback, std::function<void(core::Result<std::int64_t>)> done) override {
    Said said{std::move(feedback), std::move(done), Clock::now() + patience};
    const std::scoped_lock lock(mutex_);
    said_.push_back(std::move(said));
    wake_.notify_one();
  }

  void ask(std::function<void(core::Result<Reader*>)> job) override {
    const std::scoped_lock lock(mutex_);
    jobs_.push_back(std::move(job));
    wake_.notify_one();
  }

  void apply(Settings settings) override {
    const std::scoped_lock lock(mutex_);
    settings_ = std::move(settings);
  }

  LedgerStats stats() const override {
    LedgerStats out;
    out.written = written_;
    out.lost = lost_;
    out.signals = signals_;
    out.batches = batches_;
    out.writing_seconds = std::chrono::duration<double>(std::chrono::nanoseconds(writing_ns_.load())).count();
    out.bytes = bytes_;
    for (const auto& lane : lanes_) {
      out.dropped += lane->dropped();
      out.waiting += lane->waiting();
    }
    return out;
  }

 private:
  struct Said {
    Feedback feedback;
    std::function<void(core::Result<std::int64_t>)> done;
    Clock::time_point until;
  };
  struct Taken {
    std::unique_ptr<Record> record;
    Lane* lane = nullptr;
    std::int64_t number = 0;
  };

  void run() {
    while (true) {
      bool stopping = false;
      std::deque<std::function<void(core::Result<Reader*>)>> jobs;
      Settings settings;
      {
        std::unique_lock lock(mutex_);
        const auto pause = pending_.empty() ? settings_.flush : look_again;
        wake_.wait_for(lock, pause,
                       [this] { return stopping_ || !said_.empty() || !jobs_.empty() || filling(); });
        stopping = stopping_;
        settings = settings_;
        jobs.swap(jobs_);
        for (auto& said : said_) pending_.push_back(std::move(said));
        said_.clear();
      }
      while (write_batch(settings)) {
      }
      hear_people(stopping);
      for (auto& job : jobs) answer(job);
      prune(settings);
      if (stopping) return;
    }
  }

  bool filling() const {
    return std::any_of(lanes_.begin(), lanes_.end(),
                       [](const auto& lane) { return lane->waiting() >= lane->wake_at(); });
  }

  // Takes and writes at most a batch; true = there may be more.
  bool write_batch(const Settings& settings) {
    batch_.clear();
    for (const auto& lane : lanes_) {
      while (batch_.size() < batch_limit) {
        auto record = lane->take();
        if (!record) break;
        batch_.push_back({std::move(record), lane.get()});
      }
    }
    if (batch_.empty()) return false;
    // In the order of arrival, so that each request meets the one before it in its conversation.
    std::sort(batch_.begin(), batch_.end(),
              [](const Taken& a, const Taken& b) { return a.record->at < b.record->at; });
    const auto began = Clock::now();
    // Once more if the file was damaged and has just been replaced.
    const bool good = keep_batch(settings) || keep_batch(settings);
    writing_ns_ += static_cast<std::uint64_t>((Clock::now() - began).count());
    ++batches_;
    if (good) {
      tell_batch();
    } else {
      lost_ += batch_.size();
    }
    for (auto& taken : batch_) taken.lane->give_back(std::move(taken.record));
    return true;
  }

  bool keep_batch(const Settings& settings) {
    found_.clear();
    if (!book_.begin()) return false;
    for (auto& taken : batch_) {
      const auto number = book_.add(*taken.record);
      if (!number) return false;
      taken.number = *number;
      if (!find_signals(taken, settings.signals)) return false;
    }
    return book_.commit();
  }

  bool find_signals(const Taken& taken, const SignalSettings& settings) {
    const auto& record = *taken.record;
    for (auto& signal : signals_within(record, settings)) {
      if (!note(taken.number, std::move(signal))) return false;
    }
    if (record.conversation == 0) return true;
    if (const auto* before = recent_.find(record.conversation)) {
      for (auto& signal : signals_between(*before, record, settings)) {
        if (!note(before->number, std::move(signal))) return false;
      }
    }
    recent_.put(record.conversation, seen_of(record, taken.number));
    return true;
  }

  bool note(std::int64_t number, Signal signal) {
    if (!book_.add(number, signal)) return false;
    found_.emplace_back(number, std::move(signal));
    return true;
  }

  void tell_batch() {
    written_ += batch_.size();
    signals_ += found_.size();
    if (hooks_.written) {
      for (const auto& taken : batch_) hooks_.written(taken.number, *taken.record);
    }
    if (hooks_.signalled) {
      for (const auto& [number, signal] : found_) hooks_.signalled(number, signal);
    }
  }

  void hear_people(bool last_chance) {
    const auto now = Clock::now();
    for (auto& said : pending_) {
      const auto found = book_.find(said.feedback.id);
      if (!found && now < said.until && !last_chance) continue;
      said.done(found ? kept(*found, said.feedback)
                      : core::fail(core::Cause::not_found,
                                   "there is no request " + said.feedback.id + " in the history",
                                   "request_id"));
      said.done = nullptr;
    }
    pending_.erase(
        std::remove_if(pending_.begin(), pending_.end(), [](const Said& said) { return !said.done; }),
        pending_.end());
  }

  core::Result<std::int64_t> kept(const Book::Found& found, const Feedback& feedback) {
    Signal signal;
    signal.kind = feedback.kind;
    signal.value = feedback.value;
    signal.at = std::chrono::system_clock::now();
    signal.label = feedback.label;
    signal.comment = feedback.comment;
    signal.model = found.model;
    if (!book_.begin() || !book_.add(found.number, signal) || !book_.commit()) {
      return core::fail(core::Cause::internal, "the feedback could not be written; the log says why");
    }
    ++signals_;
    if (hooks_.signalled) hooks_.signalled(found.number, signal);
    return found.number;
  }

  void answer(const std::function<void(core::Result<Reader*>)>& job) {
    auto reader = open_reader(book_.file());
    if (reader) {
      job(reader->get());
    } else {
      job(reader.error());
    }
  }

  void prune(const Settings& settings) {
    const auto now = Clock::now();
    if (written_ == 0 || now < next_prune_) return;
    const bool more = book_.prune(std::chrono::system_clock::now(), settings);
    next_prune_ = more ? now : now + between_prunes;
    bytes_ = book_.bytes();
  }

  LedgerHooks hooks_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  Settings settings_;
  std::deque<Said> said_;
  std::deque<std::function<void(core::Result<Reader*>)>> jobs_;

  // The writer's thread only.
  Book book_;
  Recent recent_;
  std::vector<Taken> batch_;
  std::vector<std::pair<std::int64_t, Signal>> found_;
  std::deque<Said> pending_;
  Clock::time_point next_prune_{};

  std::atomic<std::uint64_t> written_{0}, lost_{0}, signals_{0}, batches_{0}, writing_ns_{0};
  std::atomic<std::int64_t> bytes_{0};
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Ledger> make_ledger(Settings settings, std::string file, std::size_t lanes,
                                    LedgerHooks hooks) {
  return std::make_unique<Writer>(std::move(settings), std::move(file), lanes, std::move(hooks));
}

}  // namespace codecrucible::history
