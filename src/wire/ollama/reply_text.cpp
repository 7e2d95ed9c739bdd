#include "wire/ollama/reply_text.hpp"

#include "core/json_text.hpp"
#include "wire/ollama/client.hpp"
#include "wire/ollama/strict_json.hpp"

#include <algorithm>

namespace codecrucible::wire::ollama {
namespace {

void append_padded(std::string& out, std::int64_t value, int width) {
  char digits[20];
  for (int i = width; i-- > 0; value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out.append(digits, static_cast<std::size_t>(width));
}

void append_member(std::string& out, std::string_view name, std::int64_t value) {
  out += ",\"";
  out += name;
  out += "\":";
  core::append_number(out, value);
}

// Fills what the backend left out from what it said; 1 ns stands for "unknown".
core::Timings completed(core::Timings given) {
  using std::chrono::nanoseconds;
  if (given.total <= nanoseconds::zero()) given.total = given.load + given.prefill + given.decode;
  if (given.decode <= nanoseconds::zero()) given.decode = given.total - given.load - given.prefill;
  constexpr nanoseconds least{1};
  return {std::max(given.total, least), std::max(given.load, nanoseconds::zero()),
          std::max(given.prefill, least), std::max(given.decode, least)};
}

}  // namespace

void append_time(std::string& out, std::chrono::system_clock::time_point when) {
  using namespace std::chrono;
  const auto since_epoch = duration_cast<nanoseconds>(when.time_since_epoch());
  const auto day = floor<days>(since_epoch);
  const year_month_day date{sys_days{day}};
  const hh_mm_ss time{since_epoch - day};
  append_padded(out, std::clamp(static_cast<int>(date.year()), 0, 9999), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, time.hours().count(), 2);
  out += ':';
  append_padded(out, time.minutes().count(), 2);
  out += ':';
  append_padded(out, time.seconds().count(), 2);
  out += '.';
  append_padded(out, time.subseconds().count(), 9);
  out += 'Z';
}

std::string reply_head(const ReplyContext& context) {
  std::string head = "{\"model\":";
  core::append_string(head, context.model);
  head += ",\"created_at\":\"";
  append_time(head, context.created);
  head += "\",";
  return head;
}

void append_call(std::string& out, int index, std::string_view id, std::string_view name,
                 std::string_view arguments) {
  out += '{';
  if (!id.empty()) {
    out += "\"id\":";
    core::append_string(out, id);
    out += ',';
  }
  out += "\"function\":{\"index\":";
  core::append_number(out, index);
  out += ",\"name\":";
  core::append_string(out, name);
  out += ",\"arguments\":";
  append_arguments(out, arguments);
  out += "}}";
}

void append_ending(std::string& out, const Ending& ending, const ReplyContext& context) {
  const auto timings = completed(ending.timings);
  auto own = ending.usage;
  if (!own.prompt_tokens) own.prompt_tokens = ending.prompt_tokens;
  if (!own.completion_tokens) own.completion_tokens = ending.pieces;
  const auto usage = summed(own, context);
  out += ",\"done\":true,\"done_reason\":\"";
  // Ollama has no word for a finished tool call: it says stop (ollama.md §3).
  out += ending.reason == core::FinishReason::length ? "length" : "stop";
  out += '"';
  append_member(out, "total_duration", timings.total.count());
  append_member(out, "load_duration", timings.load.count());
  append_member(out, "prompt_eval_count", *usage.prompt_tokens);
  append_member(out, "prompt_eval_duration", timings.prefill.count());
  append_member(out, "eval_count", *usage.completion_tokens);
  append_member(out, "eval_duration", timings.decode.count());
  if (!context.given_up.empty()) {
    out += ',';
    append_parts(out, own, context);
  }
  out += '}';
}

core::Timings measured(core::Time asked, core::Time first_piece, core::Time ended) noexcept {
  const auto first = std::clamp(first_piece, asked, std::max(asked, ended));
  core::Timings timings;
  timings.total = std::max(ended - asked, core::Duration::zero());
  timings.prefill = first - asked;
  timings.decode = timings.total - timings.prefill;
  return timings;
}

void write_loaded(const ReplyContext& context, bool unloaded, std::string& out) {
  out += reply_head(context);
  out += context.surface == core::Surface::ollama_chat
             ? "\"message\":{\"role\":\"assistant\",\"content\":\"\"}"
             : "\"response\":\"\"";
  out += ",\"done\":true,\"done_reason\":\"";
  out += unloaded ? "unload\"}" : "load\"}";
}

std::string error_body(const core::Failure& failure) {
  std::string out = "{\"error\":";
  core::append_string(out,
                      failure.detail.empty() ? core::label(failure.cause) : std::string_view(failure.detail));
  out += '}';
  return out;
}

}  // namespace codecrucible::wire::ollama
