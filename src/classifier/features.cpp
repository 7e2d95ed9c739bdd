#include "classifier/features.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace codecrucible::classifier {
namespace {

constexpr Kinds preamble = bit(Kind::polite) | bit(Kind::follow_up) | bit(Kind::first_person) |
                           bit(Kind::we) | bit(Kind::you) | bit(Kind::modal) | bit(Kind::wish);
constexpr Kinds never_preamble = bit(Kind::what) | bit(Kind::how) | bit(Kind::why) | bit(Kind::make) |
                                 bit(Kind::change) | bit(Kind::reshape) | bit(Kind::inspect) |
                                 bit(Kind::repair) | bit(Kind::devise) | bit(Kind::operate);
constexpr std::uint32_t linking[] = {hash_of("to"),  hash_of("so"),    hash_of("and"), hash_of("then"),
                                     hash_of("let"), hash_of("there"), hash_of("be"),  hash_of("able")};

bool is_linking(const Token& token) noexcept {
  return token.kinds == 0 &&
         std::find(std::begin(linking), std::end(linking), token.hash) != std::end(linking);
}

struct Sentence {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t lead = 0;  // the word that orders or asks; == end if none
};

std::size_t lead_of(const Scan& scan, std::size_t begin, std::size_t end) noexcept {
  std::size_t at = begin;
  const auto limit = std::min(end, begin + 10);
  while (at < limit) {
    const auto& token = scan.tokens[at];
    const bool skip =
        ((token.kinds & preamble) != 0 && (token.kinds & never_preamble) == 0) || is_linking(token);
    if (!skip) return at;
    ++at;
  }
  return begin;
}

constexpr std::uint32_t before_orders[] = {
    hash_of("and"),  hash_of("then"), hash_of("please"), hash_of("to"),     hash_of("you"),  hash_of("also"),
    hash_of("lets"), hash_of("we"),   hash_of("must"),   hash_of("should"), hash_of("just"), hash_of("help")};

// The word after this token may be an order of its own.
bool opens_order(const Token& token) noexcept {
  return token.clause || token.ends_sentence ||
         std::find(std::begin(before_orders), std::end(before_orders), token.hash) != std::end(before_orders);
}

// Counts are small as a rule: their logarithms are looked up.
std::array<float, 256> make_logs() noexcept {
  std::array<float, 256> logs{};
  for (std::size_t n = 0; n < logs.size(); ++n) logs[n] = std::log1p(static_cast<float>(n));
  return logs;
}
const auto logs = make_logs();

float log_count(std::size_t n) noexcept {
  return n < logs.size() ? logs[n] : std::log1p(static_cast<float>(n));
}

std::uint32_t mix(std::uint32_t a, std::uint32_t b) noexcept {
  std::uint64_t x = (static_cast<std::uint64_t>(a) << 32) | b;
  x ^= x >> 31;
  x *= 0x9e3779b97f4a7c15ULL;
  x ^= x >> 29;
  return static_cast<std::uint32_t>(x ^ (x >> 32));
}

// One symbol per token for patterns: its first kind, else its sort, else "other".
std::uint32_t symbol(const Token& token) noexcept {
  if (token.kinds != 0) return static_cast<std::uint32_t>(std::countr_zero(token.kinds)) + 1;
  if (token.sort != Token::Sort::word) return 100 + static_cast<std::uint32_t>(token.sort);
  return 99;
}

class Extractor {
 public:
  Extractor(const Scan& scan, Features& out) noexcept : scan_(scan), out_(out) {}

  void run() noexcept {
    out_.dense.fill(0);
    out_.gram_count = 0;
    walk_sentences();
    blocks();
    shape();
    grams();
  }

 private:
  void walk_sentences() noexcept {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < scan_.count; ++i) {
      if (!scan_.tokens[i].ends_sentence && i + 1 < scan_.count) continue;
      const Sentence sentence{begin, i + 1, lead_of(scan_, begin, i + 1)};
      if (begin == 0) first_ = sentence;
      last_ = sentence;
      const auto kinds = scan_.tokens[sentence.lead].kinds;
      for (Kinds rest = kinds; rest != 0; rest &= rest - 1)
        ++leads_[static_cast<unsigned>(std::countr_zero(rest))];
      if (scan_.tokens[i].question) ++questions_;
      if (asks(sentence)) ask(sentence);
      begin = i + 1;
    }
  }

  // An order, a question or a wish; the rest of a text tells the circumstances.
  bool asks(const Sentence& s) const noexcept {
    constexpr Kinds opens = bit(Kind::polite) | bit(Kind::modal) | bit(Kind::wish);
    const auto& lead = scan_.tokens[s.lead];
    const bool mine = (scan_.tokens[s.begin].kinds & bit(Kind::first_person)) != 0;
    if (scan_.tokens[s.end - 1].question) return true;
    if ((lead.kinds & never_preamble) != 0 && (!mine || wishes(s))) return true;
    return (scan_.tokens[s.begin].kinds & opens) != 0 || wishes(s);
  }
  bool wishes(const Sentence& s) const noexcept {
    for (std::size_t i = s.begin; i < s.end && i < s.begin + 3; ++i)
      if ((scan_.tokens[i].kinds & bit(Kind::wish)) != 0) return true;
    return false;
  }

  // Words of asking sentences, from the lead on: long prompts ask in few of their words.
  void ask(const Sentence& s) noexcept {
    ++asking_;
    const auto limit = std::min(s.end, s.lead + 16);
    for (std::size_t i = s.lead; i < limit; ++i) {
      asked_ |= scan_.tokens[i].kinds;
      if (asking_ > 12) continue;
      add(View::ask, scan_.tokens[i].hash);
      if (i + 1 < limit) add(View::ask, mix(scan_.tokens[i].hash, scan_.tokens[i + 1].hash));
    }
  }

  void blocks() noexcept {
    std::array<std::uint16_t, kind_count> counts{};
    Kinds first = 0, last = 0;
    for (std::size_t i = 0; i < scan_.count; ++i) {
      const auto kinds = scan_.tokens[i].kinds;
      for (Kinds rest = kinds; rest != 0; rest &= rest - 1)
        ++counts[static_cast<unsigned>(std::countr_zero(rest))];
      if (i < first_.end) first |= kinds;
      if (i >= last_.begin) last |= kinds;
      ++sorts_[static_cast<std::size_t>(scan_.tokens[i].sort)];
    }
    for (std::size_t i = 1; i < scan_.count; ++i) {
      if (!opens_order(scan_.tokens[i - 1])) continue;
      for (Kinds rest = scan_.tokens[i].kinds; rest != 0; rest &= rest - 1)
        ++orders_[static_cast<unsigned>(std::countr_zero(rest))];
    }
    const Kinds lead = scan_.count > 0 ? scan_.tokens[first_.lead].kinds : 0;
    const Kinds closing = scan_.count > 0 ? scan_.tokens[last_.lead].kinds : 0;
    for (std::size_t k = 0; k < kind_count; ++k) {
      const Kinds one = Kinds{1} << k;
      out_.dense[dense::first + k] = (first & one) != 0 ? 1.F : 0.F;
      out_.dense[dense::last + k] = (last & one) != 0 ? 1.F : 0.F;
      out_.dense[dense::anywhere + k] = log_count(counts[k]);
      out_.dense[dense::lead + k] = (lead & one) != 0 ? 1.F : 0.F;
      out_.dense[dense::closing + k] = (closing & one) != 0 ? 1.F : 0.F;
      out_.dense[dense::leads + k] = log_count(leads_[k]);
      out_.dense[dense::asked + k] = (asked_ & one) != 0 ? 1.F : 0.F;
      out_.dense[dense::orders + k] = log_count(orders_[k]);
    }
    for (std::size_t s = 0; s < dense::sort_count; ++s) out_.dense[dense::sorts + s] = log_count(sorts_[s]);
  }

  void shape() noexcept {
    const auto& shape = scan_.shape;
    float* to = out_.dense.data() + dense::shape;
    const auto put = [&to](float value) { *to++ = value; };
    const auto flag = [&put](bool value) { put(value ? 1.F : 0.F); };
    const bool code = shape.code_lines + shape.fences + shape.trace_lines + shape.diff_lines > 0;
    put(log_count(shape.bytes));
    put(log_count(scan_.count));
    put(log_count(shape.code_lines));
    put(log_count(shape.trace_lines));
    put(log_count(shape.prose_lines));
    put(log_count(shape.bullets));
    put(log_count(shape.headings));
    put(log_count(shape.fences));
    put(log_count(shape.files));
    put(log_count(shape.backticks));
    put(log_count(shape.diff_lines));
    put(log_count(shape.data_lines));
    put(log_count(scan_.sentences));
    put(log_count(questions_));
    flag(code);
    flag(shape.code_first);
    flag(shape.code_last);
    flag(shape.trace_lines > 0);
    flag(shape.cut);
    put(static_cast<float>(shape.prose_bytes + 1) / static_cast<float>(shape.bytes + 1));
    put(static_cast<float>(shape.other_script) / static_cast<float>(shape.prose_bytes + 1));
    put(log_count(first_.end - first_.begin));
    put(log_count(last_.end - last_.begin));
    const bool any = scan_.count > 0;
    flag(any && scan_.tokens[first_.end - 1].question);
    flag(any && scan_.tokens[last_.end - 1].question);
    flag(scan_.sentences <= 1);
    flag(scan_.count <= 3);
    flag(scan_.count > 3 && scan_.count <= 8);
    flag(scan_.count > 8 && scan_.count <= 20);
    flag(scan_.count > 20 && scan_.count <= 60);
    flag(scan_.count > 60 && scan_.count <= 200);
    flag(scan_.count > 200);
    flag(shape.bullets >= 4);
    flag(code && scan_.count < 25);
    flag(!code && scan_.count > 0 && sorts_[1] + sorts_[2] + sorts_[3] == 0);
    flag(any && scan_.tokens[0].sort == Token::Sort::identifier);
    flag(any && (scan_.tokens[0].sort == Token::Sort::file || scan_.tokens[0].sort == Token::Sort::path));
    flag(sorts_[2] + sorts_[3] >= 2);
    flag(shape.lower_start);
    flag(shape.last_mark == '.');
    flag(shape.last_mark == '?');
    flag(shape.last_mark == ':');
    flag(shape.last_mark == 0);
    put(log_count(asking_));
    flag(asking_ == 0);
    put(static_cast<float>(asking_) / static_cast<float>(scan_.sentences + 1));
    flag(sorts_[1] + sorts_[2] + sorts_[3] + sorts_[6] > 0 && !code);
  }

  void grams() noexcept {
    const auto* tokens = scan_.tokens;
    for (std::size_t i = 0; i < scan_.count; ++i) {
      add(View::word, tokens[i].hash);
      const bool inner = i + 1 < scan_.count && !tokens[i].ends_sentence;
      if (inner) add(View::pair, mix(tokens[i].hash, tokens[i + 1].hash));
    }
    if (scan_.count == 0) return;
    opening(View::opening, first_);
    opening(View::closing, last_);
    pattern(first_, 1);
    if (last_.begin != first_.begin) pattern(last_, 2);
    object(first_, 1);
    if (last_.begin != first_.begin) object(last_, 2);
  }

  void opening(View view, const Sentence& s) noexcept {
    const auto* tokens = scan_.tokens;
    add(view, mix(1, tokens[s.lead].hash));
    add(view, mix(2, tokens[s.begin].hash));
    if (s.begin + 1 < s.end) add(view, mix(mix(3, tokens[s.begin].hash), tokens[s.begin + 1].hash));
    if (s.begin + 2 < s.end)
      add(view, mix(mix(mix(4, tokens[s.begin].hash), tokens[s.begin + 1].hash), tokens[s.begin + 2].hash));
    if (s.lead + 1 < s.end) add(view, mix(mix(5, tokens[s.lead].hash), tokens[s.lead + 1].hash));
    if (s.lead + 2 < s.end) add(view, mix(mix(6, tokens[s.lead].hash), symbol(tokens[s.lead + 2])));
  }

  void pattern(const Sentence& s, std::uint32_t which) noexcept {
    std::uint32_t hash = which;
    for (std::size_t i = s.begin; i < s.end && i < s.begin + 4; ++i) {
      hash = mix(hash, symbol(scan_.tokens[i]));
      add(View::pattern, hash);
    }
    hash = which + 8;
    for (std::size_t i = s.lead; i < s.end && i < s.lead + 4; ++i) {
      hash = mix(hash, symbol(scan_.tokens[i]));
      add(View::pattern, hash);
    }
  }

  // Lead word with each kind of thing that follows: "add" + docstring, "create" + app.
  void object(const Sentence& s, std::uint32_t which) noexcept {
    Kinds seen = 0;
    for (std::size_t i = s.lead + 1; i < s.end && i < s.lead + 9; ++i) {
      seen |= scan_.tokens[i].kinds;
      const auto sort = scan_.tokens[i].sort;
      if (sort != Token::Sort::word)
        add(View::object,
            mix(mix(which + 4, symbol(scan_.tokens[s.lead])), static_cast<std::uint32_t>(sort)));
    }
    for (Kinds rest = seen; rest != 0; rest &= rest - 1) {
      const auto kind = static_cast<std::uint32_t>(std::countr_zero(rest));
      add(View::object, mix(mix(which, scan_.tokens[s.lead].hash), kind));
      add(View::object, mix(mix(which + 2, symbol(scan_.tokens[s.lead])), kind));
    }
  }

  void add(View view, std::uint32_t hash) noexcept {
    if (out_.gram_count < max_grams) out_.grams[out_.gram_count++] = {hash, view};
  }

  const Scan& scan_;
  Features& out_;
  Sentence first_, last_;
  std::array<std::uint16_t, kind_count> leads_{};
  std::array<std::uint16_t, kind_count> orders_{};
  std::array<std::size_t, dense::sort_count> sorts_{};
  std::size_t questions_ = 0;
  std::size_t asking_ = 0;
  Kinds asked_ = 0;
};

}  // namespace

void extract(const Scan& scan, Features& out) noexcept {
  Extractor(scan, out).run();
}

}  // namespace codecrucible::classifier
