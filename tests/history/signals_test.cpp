#include "history/signals.hpp"

#include "core/arena.hpp"
#include "history/pseudonym.hpp"
#include "support.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace codecrucible;
using namespace codecrucible::history;
using namespace codecrucible::history::test;

namespace {

struct Said {
  core::Role role;
  const char* text;
};
constexpr auto user = core::Role::user;
constexpr auto assistant = core::Role::assistant;
constexpr auto tool = core::Role::tool;

Turn turn(std::initializer_list<Said> conversation) {
  core::Arena arena;
  core::ChatRequest request(arena);
  for (const auto& said : conversation) {
    auto& message = request.messages.emplace_back();
    message.role = said.role;
    core::Part part;
    part.text = said.text;
    message.parts.push_back(part);
  }
  auto out = turn_of(request);
  out.client = 7;
  return out;
}

Record request(const Turn& turn, int second) {
  Record record;
  record.at = Wall(std::chrono::seconds(1'000'000 + second));
  record.duration = std::chrono::seconds(2);
  record.turn = turn;
  Attempt attempt;
  attempt.model = "small";
  record.attempts.push_back(attempt);
  return record;
}

// The kinds that the second request tells about the first, ten seconds later.
std::vector<SignalKind> kinds(const Record& first, const Record& second,
                              const SignalSettings& settings = {}) {
  std::vector<SignalKind> out;
  for (const auto& signal : signals_between(seen_of(first, 1), second, settings)) {
    out.push_back(signal.kind);
    CHECK(signal.model == "small");
    CHECK(signal.weight > 0);
  }
  return out;
}

using Kinds = std::vector<SignalKind>;

}  // namespace

TEST_CASE("signals: the same messages again are a regeneration") {
  const auto asked = turn({{user, "explain this"}});
  CHECK(kinds(request(asked, 0), request(asked, 12)) == Kinds{SignalKind::regenerate});
  const auto deeper = turn({{user, "a"}, {assistant, "b"}, {user, "c"}});
  CHECK(kinds(request(deeper, 0), request(deeper, 12)) == Kinds{SignalKind::regenerate});
}

TEST_CASE("signals: the last message in other words is an edit, other things are not") {
  const auto asked = turn({{user, "a"}, {assistant, "b"}, {user, "make it red"}});
  CHECK(kinds(request(asked, 0), request(turn({{user, "a"}, {assistant, "b"}, {user, "make it blue"}}),
                                         12)) == Kinds{SignalKind::edit});
  // Another answer before it: another conversation that began alike.
  CHECK(kinds(request(asked, 0), request(turn({{user, "a"}, {assistant, "x"}, {user, "make it blue"}}), 12))
            .empty());
  // It simply goes on.
  CHECK(kinds(request(asked, 0), request(turn({{user, "a"},
                                               {assistant, "b"},
                                               {user, "make it red"},
                                               {assistant, "done"},
                                               {user, "thanks, now blue"}}),
                                         12))
            .empty());
}

TEST_CASE("signals: a follow-up that says it is wrong counts against the answer before it") {
  const auto asked = turn({{user, "sort this"}});
  const auto wrong =
      turn({{user, "sort this"}, {assistant, "no"}, {user, "That's wrong, the order is reversed"}});
  CHECK(kinds(request(asked, 0), request(wrong, 12)) == Kinds{SignalKind::complaint});
  // As the first message there is nothing that it could be about.
  CHECK(!turn({{user, "that's wrong"}}).complains);
}

TEST_CASE("signals: a failed tool counts against the call, not against a text") {
  auto asked = request(turn({{user, "list files"}}), 0);
  const auto failed = turn({{user, "list files"}, {assistant, ""}, {tool, "Error: no such directory"}});
  CHECK(kinds(asked, request(failed, 12)).empty());
  asked.tool_calls = true;
  CHECK(kinds(asked, request(failed, 12)) == Kinds{SignalKind::tool_failure});
  // Programs answer at once.
  CHECK(kinds(asked, request(failed, 2)) == Kinds{SignalKind::tool_failure});
  const auto good = turn({{user, "list files"}, {assistant, ""}, {tool, "a.txt\nerrors.log"}});
  CHECK(kinds(asked, request(good, 12)).empty());
}

TEST_CASE("signals: nothing is concluded from programs, parallel requests, other people and old answers") {
  const auto asked = turn({{user, "explain this"}});
  CHECK(kinds(request(asked, 0), request(asked, 2)).empty());     // at once after the answer
  CHECK(kinds(request(asked, 0), request(asked, 1)).empty());     // before the answer was there
  CHECK(kinds(request(asked, 0), request(asked, 3600)).empty());  // an hour later
  auto other = asked;
  other.client = 8;
  CHECK(kinds(request(asked, 0), request(other, 12)).empty());
  auto failed = request(asked, 0);
  failed.failure = core::Cause::timeout;
  CHECK(kinds(failed, request(asked, 12)).empty());  // there was no answer to judge
  SignalSettings off;
  off.regenerate = 0;
  CHECK(kinds(request(asked, 0), request(asked, 12), off).empty());
}

TEST_CASE("signals: escalation is about the first model, leaving in mid-answer about the last") {
  auto record = request({}, 0);
  CHECK(signals_within(record, {}).empty());
  record.failure = core::Cause::client_gone;
  CHECK(signals_within(record, {}).empty());  // left before anything came
  record.events = 10;
  REQUIRE(signals_within(record, {}).size() == 1);
  CHECK(signals_within(record, {})[0].kind == SignalKind::abandoned);
  record.failure.reset();
  record.escalated = true;
  record.attempts.push_back(record.attempts[0]);
  record.attempts[1].model = "large";
  REQUIRE(signals_within(record, {}).size() == 1);
  CHECK(signals_within(record, {})[0].kind == SignalKind::escalation);
  CHECK(signals_within(record, {})[0].model == "small");
}

TEST_CASE("signals: the ledger finds them between the requests of a conversation") {
  const Folder folder;
  auto settings = quick();
  settings.flush = std::chrono::milliseconds(60'000);  // one batch, when it is asked for
  const auto ledger = make_ledger(settings, folder.file(), 2, {});
  auto first = request(turn({{user, "explain"}}), 0);
  first.id = "req_1";
  first.conversation = 5;
  auto second = first;
  second.id = "req_2";
  second.at += std::chrono::seconds(10);
  auto stranger = second;
  stranger.id = "req_3";
  stranger.conversation = 6;
  // Handed over in the wrong order by two workers, within one batch.
  hand_over(*ledger, second, 0);
  hand_over(*ledger, first, 1);
  hand_over(*ledger, stranger, 1);
  Filter filter;
  filter.oldest_first = true;
  const auto kept = all_of(*ledger, filter);
  REQUIRE(kept.size() == 3);
  CHECK(kept[0].record.id == "req_1");
  REQUIRE(kept[0].signals.size() == 1);
  CHECK(kept[0].signals[0].kind == SignalKind::regenerate);
  CHECK(kept[1].signals.empty());
  CHECK(kept[2].signals.empty());
}

TEST_CASE("signals: complaints in many languages") {
  for (const char* const text : {"that's wrong",
                                 "That is wrong.",
                                 "No, that's wrong",
                                 "no that's not right",
                                 "This is incorrect!",
                                 "That’s not what I asked for",
                                 "Sorry, but that doesn't work",
                                 "it still doesn't work",
                                 "Still broken",
                                 "You're wrong, the function returns a list",
                                 "wrong.",
                                 "That did not work, same error",
                                 "you misunderstood me",
                                 "Your code doesn't compile: missing semicolon",
                                 "hmm, that's not correct",
                                 "Das ist falsch.",
                                 "das stimmt nicht",
                                 "Nein, das funktioniert nicht",
                                 "Geht nicht",
                                 "Falsch!",
                                 "C'est faux",
                                 "Non, ça ne marche pas",
                                 "ce n'est pas ce que j'ai demandé",
                                 "eso está mal",
                                 "No funciona",
                                 "Está mal, inténtalo otra vez",
                                 "È sbagliato",
                                 "non funziona",
                                 "está errado",
                                 "não funciona",
                                 "dat klopt niet",
                                 "Het werkt niet",
                                 "to nie działa",
                                 "Nie działa",
                                 "Это неправильно",
                                 "Не работает",
                                 "нет, это неверно",
                                 "不对",
                                 "错了，应该是递归",
                                 "还是不行",
                                 "違います",
                                 "間違っています",
                                 "動きません"}) {
    CAPTURE(text);
    CHECK(complains(text));
  }
}

TEST_CASE("signals: ordinary messages are no complaints") {
  for (const char* const text : {"thanks, that works",
                                 "that's right",
                                 "great!",
                                 "What's wrong with this code?",
                                 "is that wrong?",
                                 "why is this wrong",
                                 "fix the wrong indentation",
                                 "the tests fail with: wrong number of arguments",
                                 "it doesn't work when the list is empty, add a check",
                                 "That's wrong, isn't it?",
                                 "now handle the case that the file doesn't work",
                                 "add a test for incorrect input",
                                 "no",
                                 "No, use tabs",
                                 "no problem",
                                 "wrongly sorted arrays should raise",
                                 "incorrect passwords must be rejected",
                                 "explain why that doesn't work",
                                 "You are right",
                                 "still working on it",
                                 "not yet",
                                 "Was ist falsch an diesem Code?",
                                 "falsche Werte abfangen",
                                 "geht nicht auch eine Schleife?",
                                 "Mach weiter",
                                 "pourquoi ça ne marche pas ?",
                                 "¿por qué no funciona?",
                                 "no funciona si la lista está vacía",
                                 "perché non funziona?",
                                 "почему не работает?",
                                 "对不对？",
                                 "这样对吗",
                                 "不对称加密怎么用？",
                                 "違いは何ですか",
                                 "please continue",
                                 "",
                                 "   ",
                                 "404",
                                 "wrong answer handling should be added to the quiz?"}) {
    CAPTURE(text);
    CHECK(!complains(text));
  }
  CHECK(!complains("that's wrong " + std::string(500, 'x')));  // long: new work, not a verdict
}

TEST_CASE("signals: tool results that report a failure, and those that only speak of one") {
  for (const char* const text :
       {"Error: file not found", "error: expected ';'", "Traceback (most recent call last):\n  File",
        "fatal: not a git", R"({"error":"not found"})", R"({"error": {"code": 5}})",
        "<tool_use_error>x</tool_use_error>", "Permission denied", "Exception: boom"}) {
    CAPTURE(text);
    CHECK(reports_failure(text));
  }
  for (const char* const text : {"", "ok", "errors.log\nmain.cpp", "0 errors", "Errors found: none",
                                 R"({"error":null,"data":1})", R"({"error": ""})", R"({"error":false})",
                                 R"({"result":"error: in a text"})", "the error is in line 5"}) {
    CAPTURE(text);
    CHECK(!reports_failure(text));
  }
}

TEST_CASE("signals: long texts differ by their ends and their length") {
  const std::string long_text(10'000, 'a');
  auto changed = long_text;
  changed.back() = 'b';
  const auto longer = long_text + "a";
  const auto of = [](const std::string& text) { return turn({{user, text.c_str()}}).all; };
  CHECK(of(long_text) == of(long_text));
  CHECK(of(long_text) != of(changed));
  CHECK(of(long_text) != of(longer));
}

TEST_CASE("pseudonyms: SipHash-2-4 as its authors compute it, and nothing without the salt") {
  // Reference vector of the paper: key 00..0f, input 00..0e.
  const Salt key{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};
  std::string input;
  for (char c = 0; c < 15; ++c) input += c;
  CHECK(pseudonym(key, input) == (0xa129ca6149be45e5ULL | 1));
  const auto other = new_salt();
  CHECK(pseudonym(key, "somebody") != pseudonym(other, "somebody"));
  CHECK(pseudonym(key, std::string_view()) == 0);
  CHECK(from_hex(hex_of(0x0123456789abcdefULL)) == 0x0123456789abcdefULL);
  const Folder folder;
  CHECK(salt_beside(folder.file()) == salt_beside(folder.file()));
}
