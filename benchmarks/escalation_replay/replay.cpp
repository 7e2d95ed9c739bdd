// Escalation measured through a whole gateway: simulated backends say what real models said, real clients
// ask.
//   escalation_replay DATA [--rows N] [--model FILE]
// For each set of recorded answers (as benchmarks/escalation):
//   judged   every answer is judged and none escalated: what the confidence header says against what is right
//   shipped  the shipped threshold and budget: share escalated, and how many clients got a right answer
//   visible  time to the first visible word of a stream: safe picks, and held ones
// The shipped model was trained on the development part: on that part its figures are no evidence.
#include "data.hpp"
#include "house/answer.hpp"
#include "house/client.hpp"
#include "house/house.hpp"
#include "measure.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <thread>

namespace {

using namespace codecrucible;
using namespace codecrucible::house;
using escalation::Row;
using escalation::Set;

constexpr const char* strong_words = "This is the stronger model's answer.";

// What the weak model, the one to compare with and the strong one say to the rows of a set.
struct Scripts {
  std::shared_ptr<simulator::Script> weak = std::make_shared<simulator::Script>();
  std::shared_ptr<simulator::Script> second = std::make_shared<simulator::Script>();
  std::shared_ptr<simulator::Script> strong = std::make_shared<simulator::Script>();
};

// Without the blanks before it, so that its first piece is its first word.
std::string trimmed(const std::string& answer) {
  const auto at = answer.find_first_not_of(" \n\t");
  return at == std::string::npos ? std::string() : answer.substr(at);
}

Scripts scripts_of(const Set& set) {
  Scripts scripts;
  for (const auto& row : set.rows) {
    (*scripts.weak)[row.prompt] = trimmed(row.answer);
    if (!row.second.empty()) (*scripts.second)[row.prompt] = trimmed(row.second);
    (*scripts.strong)[row.prompt] = strong_words;
  }
  return scripts;
}

// Whoever classifies the questions: two small models that are alike, and a strong one.
const std::string qualities = std::string("models:\n  overrides:\n    ") + coder + ": {quality: 0.5}\n    " +
                              llamacpp_model + ": {quality: 0.5}\n    \"" + large + "\": {quality: 0.9}\n";

std::string config(const std::string& threshold, const std::string& escalation) {
  return "routing:\n  escalationThreshold: " + threshold + "\n  escalation:\n" + escalation +
         "  rules:\n    - name: weak\n      target: lmstudio/small-coder\n" + qualities;
}

// No time passes in these backends unless `time_scale` says so.
Plan plan_for(const Scripts& scripts, const std::string& more, double time_scale) {
  Plan plan;
  plan.time_scale = time_scale;
  plan.llamacpp = true;
  plan.concurrent = 16;
  plan.more = more;
  plan.adjust = [scripts](simulator::Settings& settings) {
    const auto keep_only = [&](const std::string& id, const std::shared_ptr<simulator::Script>& script) {
      std::erase_if(settings.models, [&](const auto& model) { return model.id != id; });
      settings.resident = {id};
      for (auto& model : settings.models) {
        model.script = script;
        model.window = model.max_window;
      }
    };
    if (settings.kind == core::ProviderKind::lmstudio) keep_only(coder, scripts.weak);
    if (settings.kind == core::ProviderKind::ollama) keep_only(large, scripts.strong);
    if (settings.kind == core::ProviderKind::llamacpp) keep_only(llamacpp_model, scripts.second);
  };
  return plan;
}

// One request for each row, several at a time.
void ask_all(House& house, const Set& set, std::size_t rows, bool stream,
             const std::function<void(std::size_t, const Reply&)>& heard) {
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      for (std::size_t at = next++; at < rows; at = next++) {
        const auto body = question(Dialect::openai_chat, "auto", set.rows[at].prompt, stream);
        heard(at, ask(house.port(), "POST", path(Dialect::openai_chat), body));
      }
    });
  }
  for (auto& client : clients) client.join();
}

void judged(const Set& set, const Scripts& scripts, std::size_t rows, bool with_second,
            const std::string& model) {
  const std::string share = with_second ? "1" : "0";
  House house(plan_for(scripts,
                       config("0.0001",
                              "    safeAbove: 1\n    share: 1\n    burst: 10000\n    headStartShare: 0\n"
                              "    secondSampleBelow: 1\n    secondSampleShare: " +
                                  share + "\n" + model),
                       0));
  std::vector<double> good(rows, -1);
  ask_all(house, set, rows, false, [&](std::size_t at, const Reply& reply) {
    const auto said = reply.header("x-codecrucible-confidence");
    if (reply.status == 200 && !said.empty()) good[at] = std::stod(said);
  });
  std::size_t below = 0;
  for (const double one : good) below += one >= 0 && one < 0.6 ? 1 : 0;
  std::vector<double> known, doubt;
  std::vector<bool> bad, weak, strong;
  for (std::size_t i = 0; i < rows; ++i) {
    if (good[i] < 0) continue;
    known.push_back(good[i]);
    doubt.push_back(-good[i]);
    weak.push_back(set.rows[i].good);
    bad.push_back(!set.rows[i].good);
    strong.push_back(set.rows[i].strong_good);
  }
  std::printf(
      "  judged%-12s %5zu of %zu: AUROC %.4f, area %.4f, ECE %.4f (noise %.4f), below 0.6 %.1f %%; second "
      "answers %llu\n",
      with_second ? ", second" : ", alone", known.size(), rows, escalation::auroc(doubt, bad),
      escalation::curve_area(doubt, weak, strong), escalation::calibration_error(known, weak),
      escalation::calibration_noise(known), 100.0 * static_cast<double>(below) / static_cast<double>(rows),
      static_cast<unsigned long long>(house.llamacpp().stats().requests));
  std::fflush(stdout);
}

void shipped(const Set& set, const Scripts& scripts, std::size_t rows, const std::string& model) {
  House house(plan_for(scripts, config("0.6", "    safeAbove: 0.9\n" + model), 0));
  std::atomic<std::size_t> escalated{0}, were_wrong{0}, right{0}, refused{0}, failed{0};
  ask_all(house, set, rows, false, [&](std::size_t at, const Reply& reply) {
    if (reply.status != 200) return void(++failed);
    const bool moved = reply.header("x-codecrucible-escalated") == "true";
    if (reply.header("x-codecrucible-escalation") == "refused") ++refused;
    escalated += moved ? 1 : 0;
    were_wrong += moved && !set.rows[at].good ? 1 : 0;
    right += (moved ? set.rows[at].strong_good : set.rows[at].good) ? 1 : 0;
  });
  std::size_t weak = 0, strong = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    weak += set.rows[i].good ? 1 : 0;
    strong += set.rows[i].strong_good ? 1 : 0;
  }
  const auto percent = [&](std::size_t part) {
    return 100.0 * static_cast<double>(part) / static_cast<double>(rows);
  };
  std::printf(
      "  shipped: escalated %.2f %% (%.0f %% of them wrong answers), refused for want of budget %.2f %%, "
      "failed %zu; right answers %.2f %% "
      "(weak alone %.2f %%, strong alone %.2f %%)\n",
      percent(escalated),
      100.0 * static_cast<double>(were_wrong) / std::max<double>(1.0, static_cast<double>(escalated)),
      percent(refused), failed.load(), percent(right), percent(weak), percent(strong));
  std::fflush(stdout);
}

// The first visible word, over `rows` streams one after the other.
void visible(const Set& set, const Scripts& scripts, std::size_t rows) {
  for (const bool held : {false, true}) {
    House house(plan_for(scripts,
                         config("0.0001", "    share: 1\n    burst: 10000\n    safeAbove: " +
                                              std::string(held ? "1" : "0") + "\n"),
                         1));
    std::vector<double> direct, through;
    for (std::size_t i = 0; i < rows; ++i) {
      const auto body = question(Dialect::openai_chat, coder, set.rows[i].prompt, true);
      const auto routed = question(Dialect::openai_chat, "auto", set.rows[i].prompt, true);
      const auto answer = trimmed(set.rows[i].answer);
      const std::string word = answer.substr(0, answer.find_first_of(" \n\"\\"));
      const bool plain = std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c < 127; });
      if (word.empty() || !plain) continue;
      const auto first_word = [&](std::uint16_t port, const std::string& what) {
        Client client(port);
        const auto began = std::chrono::steady_clock::now();
        client.request("POST", path(Dialect::openai_chat), what);
        client.until("\"content\":\"" + word);
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
      };
      direct.push_back(first_word(house.lmstudio().port(), body));
      through.push_back(first_word(house.port(), routed));
    }
    if (direct.empty()) return;
    std::sort(direct.begin(), direct.end());
    std::sort(through.begin(), through.end());
    const auto at = [](const std::vector<double>& sorted, double share) {
      return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
    };
    std::printf("  visible, %s picks: first word after %.1f ms (p50) %.1f ms (p95); direct %.1f, %.1f\n",
                held ? "held" : "safe", at(through, 0.5), at(through, 0.95), at(direct, 0.5),
                at(direct, 0.95));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  const auto sets = words.empty() ? std::vector<Set>{} : escalation::read_sets(words.front());
  if (sets.empty()) {
    std::puts("escalation_replay DATA [--rows N] [--model FILE]: no data, nothing measured");
    return 0;
  }
  std::size_t most = 1000;
  if (const auto given = escalation::option(words, "--rows"); !given.empty()) most = std::stoul(given);
  std::string model = "    modelFile: models/confidence.model\n";
  if (const auto given = escalation::option(words, "--model"); !given.empty())
    model = "    modelFile: " + given + "\n";
  for (const auto& set : sets) {
    const auto rows = std::min(most, set.rows.size());
    const auto scripts = scripts_of(set);
    std::printf("%s: %zu questions\n", set.name.c_str(), rows);
    judged(set, scripts, rows, false, model);
    if (!set.rows.front().second.empty()) judged(set, scripts, rows, true, model);
    shipped(set, scripts, rows, model);
    visible(set, scripts, std::min<std::size_t>(rows, 20));
  }
  return 0;
}
