#include "history/columns.hpp"
#include "history/export.hpp"
#include "history/lists.hpp"
#include "history/schema.hpp"
#include "support.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/wait.h>

#include <cmath>
#include <fstream>
#include <thread>

using namespace codecrucible;
using namespace codecrucible::history;
using namespace codecrucible::history::test;

namespace {

// Every column of both records, as text.
void check_same(const Record& a, const Record& b) {
  std::string left, right;
  for (const auto& column : columns()) {
    CAPTURE(std::string(column.name));
    CHECK(column.read(a, left) == column.read(b, right));
  }
}

}  // namespace

TEST_CASE("ledger: a record comes back as it was, in every column") {
  const Folder folder;
  const auto record = full_record("req_1");
  {
    const auto ledger = make_ledger(quick(), folder.file(), 1, {});
    REQUIRE(hand_over(*ledger, record));
    Record bare;
    bare.id = "req_2";
    bare.at = record.at;
    REQUIRE(hand_over(*ledger, bare));
  }
  const auto reader = open_reader(folder.file());
  REQUIRE(reader.has_value());
  const auto back = (*reader)->find("req_1");
  REQUIRE(back.has_value());
  check_same(back->record, record);
  CHECK(back->record.ranked.size() == 2);
  CHECK(back->record.attempts.at(0).failure == core::Cause::stall);
  CHECK(back->record.policy_version == 34);
  const auto bare = (*reader)->find("req_2");
  REQUIRE(bare.has_value());
  Record expected;
  expected.id = "req_2";
  expected.at = record.at;
  check_same(bare->record, expected);
  CHECK(bare->record.prompt_tokens == -1);
  CHECK(bare->record.confidence == -1);
  CHECK((*reader)->find("req_3").error().cause == core::Cause::not_found);
}

TEST_CASE("ledger: a record that goes round is empty again") {
  auto record = full_record("req_1");
  record.clear();
  check_same(record, Record());
  CHECK(record.turn.all == 0);
}

TEST_CASE("ledger: all workers' records are written, in order of arrival within a batch") {
  const Folder folder;
  auto settings = quick();
  settings.queue = 100'000;
  const auto ledger = make_ledger(settings, folder.file(), 3, {});
  std::vector<std::thread> workers;
  for (std::size_t lane = 0; lane < 3; ++lane) {
    workers.emplace_back([&ledger, lane] {
      for (int i = 0; i < 500; ++i) {
        auto record = full_record("req_" + std::to_string(lane) + "_" + std::to_string(i));
        record.conversation = 0;
        hand_over(*ledger, record, lane);
      }
    });
  }
  for (auto& worker : workers) worker.join();
  Filter filter;
  filter.limit = 0;
  CHECK(all_of(*ledger, filter).size() == 1500);
  CHECK(ledger->stats().written == 1500);
  CHECK(ledger->stats().dropped == 0);
}

TEST_CASE("ledger: a full queue drops and counts, and the worker goes on") {
  Lane lane(16, [] {});
  std::size_t kept = 0;
  for (int i = 0; i < 100; ++i) kept += lane.hand_over(lane.blank()) ? 1 : 0;
  CHECK(kept == 16);
  CHECK(lane.dropped() == 84);
  auto taken = lane.take();
  REQUIRE(taken != nullptr);
  lane.give_back(std::move(taken));
  CHECK(lane.hand_over(lane.blank()));
}

TEST_CASE("ledger: texts that wait take bounded memory") {
  Lane lane(1000, [] {});
  for (int i = 0; i < 100; ++i) {
    auto record = lane.blank();
    record->prompt.assign(1024 * 1024, 'x');
    REQUIRE(lane.hand_over(std::move(record)));
  }
  std::size_t bytes = 0;
  std::size_t cut = 0;
  while (const auto record = lane.take()) {
    bytes += record->prompt.size();
    cut += record->content_cut ? 1 : 0;
  }
  CHECK(bytes == 32UL * 1024 * 1024);
  CHECK(cut == 68);
}

TEST_CASE("ledger: a killed process loses at most its last batch and leaves a file that opens") {
  const Folder folder;
  for (int round = 0; round < 5; ++round) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const pid_t child = fork();
    if (child == 0) {
      LedgerHooks hooks;
      hooks.written = [&](std::int64_t number, const Record&) {
        (void)!write(ends[1], &number, sizeof number);
      };
      auto settings = quick();
      settings.flush = std::chrono::milliseconds(1);
      const auto ledger = make_ledger(settings, folder.file(), 1, hooks);
      for (int i = 0;; ++i) {
        auto record = full_record("req_" + std::to_string(i));
        record.conversation = 0;
        if (!hand_over(*ledger, record)) std::this_thread::yield();
      }
    }
    close(ends[1]);
    std::int64_t last = 0;
    for (int i = 0; i < 700 + round * 333; ++i) {
      std::int64_t number = 0;
      REQUIRE(read(ends[0], &number, sizeof number) == static_cast<ssize_t>(sizeof number));
      last = number;
    }
    kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    std::int64_t number = 0;
    while (read(ends[0], &number, sizeof number) == static_cast<ssize_t>(sizeof number)) last = number;
    close(ends[0]);
    auto trouble = Database::Trouble::none;
    auto database = Database::open(folder.file(), Database::Mode::write, trouble);
    REQUIRE(database.has_value());
    auto check = database->prepare("PRAGMA integrity_check");
    REQUIRE(check.step() == Statement::Step::row);
    CHECK(check.text(0) == "ok");
    CHECK(database->number("SELECT max(number) FROM requests") >= last);
    CHECK(database->number("SELECT count(*) FROM requests") ==
          database->number("SELECT max(number) FROM requests"));
  }
}

TEST_CASE("ledger: an older file is brought up to date and keeps its records") {
  const Folder folder;
  {
    auto trouble = Database::Trouble::none;
    auto database = Database::open(folder.file(), Database::Mode::write, trouble);
    REQUIRE(database.has_value());
    REQUIRE(migrate(*database, 1).has_value());
    const auto inserted = database->run(
        "INSERT INTO requests (id, at_us, rule, task, classified, outcome) VALUES "
        "('old', 1700000000000000, 'a rule', 'edit', 1, 'timeout')");
    REQUIRE(inserted.has_value());
    CHECK(database->number("SELECT count(*) FROM pragma_table_info('requests') WHERE name = 'variant'") == 0);
  }
  CHECK(open_reader(folder.file()).error().detail.find("start the gateway once") != std::string::npos);
  const auto ledger = make_ledger(quick(), folder.file(), 1, {});
  REQUIRE(hand_over(*ledger, full_record("new")));
  const auto kept = all_of(*ledger);
  REQUIRE(kept.size() == 2);
  CHECK(kept[0].record.id == "new");
  CHECK(kept[0].record.variant == "canary");
  CHECK(kept[1].record.rule == "a rule");
  CHECK(kept[1].record.features.task == core::TaskType::edit);
  CHECK(kept[1].record.failure == core::Cause::timeout);
  CHECK(kept[1].record.variant.empty());
}

TEST_CASE("ledger: a file of a newer program is left alone, and said") {
  const Folder folder;
  {
    auto trouble = Database::Trouble::none;
    auto database = Database::open(folder.file(), Database::Mode::write, trouble);
    REQUIRE(migrate(*database).has_value());
    REQUIRE(database->run("PRAGMA user_version = 1000").has_value());
  }
  std::string said;
  {
    LedgerHooks hooks;
    hooks.trouble = [&](std::string_view, std::string_view why) { said = why; };
    const auto ledger = make_ledger(quick(), folder.file(), 1, hooks);
    hand_over(*ledger, full_record("req_1"));
  }
  CHECK(said.find("newer codecrucible") != std::string::npos);
  auto trouble = Database::Trouble::none;
  auto database = Database::open(folder.file(), Database::Mode::read, trouble);
  REQUIRE(database.has_value());
  CHECK(database->number("SELECT count(*) FROM requests") == 0);
}

TEST_CASE("ledger: a damaged file is moved aside, said, and a new one begins") {
  for (const std::string& content :
       {std::string("this is no database at all, and long enough to look like one").append(5000, 'x'),
        std::string("SQLite format 3\0", 16).append(8000, '\x7f')}) {
    const Folder folder;
    std::ofstream(folder.file(), std::ios::binary) << content;
    std::string said;
    LedgerHooks hooks;
    hooks.trouble = [&](std::string_view what, std::string_view) { said = what; };
    {
      const auto ledger = make_ledger(quick(), folder.file(), 1, hooks);
      REQUIRE(hand_over(*ledger, full_record("req_1")));
      CHECK(all_of(*ledger).size() == 1);
    }
    CHECK(said.find("moved aside") != std::string::npos);
    std::size_t aside = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path)) {
      aside += entry.path().string().find(".damaged-") != std::string::npos ? 1 : 0;
    }
    CHECK(aside >= 1);
  }
}

TEST_CASE("ledger: a place that cannot be written costs the records and one line, nothing else") {
  const Folder folder;
  std::ofstream(folder.path / "file") << "no folder";
  std::vector<std::string> said;
  {
    LedgerHooks hooks;
    hooks.trouble = [&](std::string_view what, std::string_view) { said.emplace_back(what); };
    const auto ledger = make_ledger(quick(), (folder.path / "file" / "history.db").string(), 1, hooks);
    for (int i = 0; i < 3; ++i) {
      hand_over(*ledger, full_record("req_1"));
      CHECK(all_of(*ledger).empty());
    }
    CHECK(ledger->stats().lost == 3);
    CHECK(say(*ledger, "req_1", 1).error().cause == core::Cause::not_found);
  }
  CHECK(said.size() == 1);
}

TEST_CASE("ledger: what is too old and what is too much goes, the newest stays") {
  const Folder folder;
  Settings settings = quick();
  {
    auto patient = settings;
    patient.retention = std::chrono::hours(24 * 365);
    const auto ledger = make_ledger(patient, folder.file(), 1, {});
    const auto now = std::chrono::system_clock::now();
    for (int i = 0; i < 300; ++i) {
      auto record = full_record("req_" + std::to_string(i));
      record.conversation = 0;
      record.at = now - std::chrono::hours(i < 100 ? 24 * 100 : 1);
      hand_over(*ledger, record);
    }
    Filter filter;
    filter.limit = 0;
    const auto kept = all_of(*ledger, filter);
    CHECK(kept.size() == 300);
  }
  {
    // Pruned with the first batch.
    const auto ledger = make_ledger(settings, folder.file(), 1, {});
    auto record = full_record("fresh");
    record.at = std::chrono::system_clock::now();
    hand_over(*ledger, record);
    (void)all_of(*ledger);
    Filter filter;
    filter.limit = 0;
    CHECK(all_of(*ledger, filter).size() == 201);
  }
  settings.max_bytes = 1;
  {
    const auto ledger = make_ledger(settings, folder.file(), 1, {});
    hand_over(*ledger, full_record("last"));
    for (int i = 0; i < 200 && all_of(*ledger).size() > 1; ++i) {
    }
    const auto kept = all_of(*ledger);
    REQUIRE(kept.size() == 1);
    CHECK(kept[0].record.id == "last");
  }
}

TEST_CASE("ledger: feedback finds its request, also one that is still in the queue") {
  const Folder folder;
  auto settings = quick();
  settings.flush = std::chrono::milliseconds(60'000);  // nothing is written before somebody asks
  const auto ledger = make_ledger(settings, folder.file(), 1, {});
  hand_over(*ledger, full_record("req_1"));
  REQUIRE(say(*ledger, "req_1", 0.25).has_value());
  REQUIRE(say(*ledger, "last", 0.75).has_value());
  CHECK(say(*ledger, "req_2", 1).error().cause == core::Cause::not_found);
  const auto kept = all_of(*ledger);
  REQUIRE(kept.size() == 1);
  // The record tells of an escalation besides: that is about the first model.
  REQUIRE(kept[0].signals.size() == 3);
  CHECK(kept[0].signals[1].value == 0.25);
  CHECK(kept[0].signals[1].comment == "so it is");
  CHECK(kept[0].signals[1].model == "large:34b");
  CHECK(reward(kept[0].signals) == 0.5);
  CHECK(reward(kept[0].signals, "large:34b") == 0.5);
  CHECK(reward(kept[0].signals, "small") == 0.0);
  CHECK(!reward(kept[0].signals, "other"));
}

TEST_CASE("ledger: filters and pages") {
  const Folder folder;
  const auto ledger = make_ledger(quick(), folder.file(), 1, {});
  for (int i = 0; i < 20; ++i) {
    auto record = full_record("req_" + std::to_string(i));
    record.conversation = 0;
    record.at += std::chrono::seconds(i);
    if (i % 2 == 0) record.features.task = core::TaskType::edit;
    if (i % 5 == 0) record.failure = core::Cause::timeout;
    hand_over(*ledger, record);
  }
  const auto count = [&](auto change) {
    Filter filter;
    change(filter);
    return all_of(*ledger, filter).size();
  };
  CHECK(count([](Filter& f) { f.task = "edit"; }) == 10);
  CHECK(count([](Filter& f) { f.outcome = "failed"; }) == 4);
  CHECK(count([](Filter& f) { f.outcome = "timeout"; }) == 4);
  CHECK(count([](Filter& f) { f.outcome = "ok"; }) == 16);
  CHECK(count([](Filter& f) { f.model = "large:34b"; }) == 20);
  CHECK(count([](Filter& f) { f.host = "lmstudio"; }) == 0);
  CHECK(count([](Filter& f) { f.limit = 7; }) == 7);
  const auto start = full_record("").at;
  CHECK(count([&](Filter& f) { f.since = start + std::chrono::seconds(15); }) == 5);
  CHECK(count([&](Filter& f) { f.until = start + std::chrono::seconds(15); }) == 15);
  Filter page;
  page.limit = 8;
  std::vector<std::string> seen;
  while (true) {
    const auto kept = all_of(*ledger, page);
    for (const auto& one : kept) seen.push_back(one.record.id);
    if (kept.size() < 8) break;
    page.before = kept.back().number;
  }
  REQUIRE(seen.size() == 20);
  CHECK(seen.front() == "req_19");
  CHECK(seen.back() == "req_0");
}

TEST_CASE("ledger: estimates keep four decimals") {
  std::string out;
  append_list(out, std::vector<Candidate>{{"h", "m", -0.12346F, 0.5F, 12345.0F, std::nanf("")}});
  CHECK(out ==
        R"([{"host":"h","model":"m","utility":-0.1235,"quality":0.5,"seconds":12345,"seconds_first":0}])");
}

TEST_CASE("ledger: export is flat, and safe for readers of JSON and CSV") {
  Kept kept;
  kept.number = 5;
  kept.record = full_record("=cmd()");
  const auto object = nlohmann::json::parse(to_json(kept));
  CHECK(object["id"] == "=cmd()");
  CHECK(object["task"] == "debugging");
  CHECK(object["at"] == "2027-01-15T08:00:00.123Z");
  CHECK(object["attempts"].size() == 2);
  CHECK(object["reward"].is_null());
  for (const auto& [name, value] : object.items()) {
    CAPTURE(name);
    const bool list = name == "ranked" || name == "attempts" || name == "signals";
    CHECK(value.is_structured() == list);
  }
  const auto back = from_json(to_json(kept));
  REQUIRE(back.has_value());
  check_same(back->record, kept.record);
  CHECK(!from_json("{}").has_value());
  CHECK(!from_json("nonsense").has_value());
  const auto row = to_csv(kept);
  CHECK(row.find("\"'=cmd()\"") != std::string::npos);
  CHECK(row.find("\"hard \"\"work\"\", goes, up\"") != std::string::npos);
  const auto text = to_text(kept);
  CHECK(text.find("debugging, complex") != std::string::npos);
  CHECK(text.find("propensity") != std::string::npos);
}
