#include "wire/ollama/decode_fields.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace codecrucible::wire::ollama {
namespace {

using simdjson::ondemand::json_type;

bool read_stop(JsonReader& reader, JsonValue& value, core::ChatRequest& request) {
  request.stop.clear();
  if (reader.is_null(value)) return true;
  const auto add = [&](JsonValue& item) {
    std::string_view text;
    if (!reader.text(item, text)) return false;
    if (!text.empty()) request.stop.push_back(text);
    return true;
  };
  return JsonReader::is(value, json_type::string) ? add(value) : reader.array(value, add);
}

// Zero and less mean "no limit" to Ollama, which other servers do not understand: kept as a raw option then.
bool read_num_predict(JsonReader& reader, JsonValue& value, core::ChatRequest& request) {
  std::optional<std::int64_t> limit;
  if (!reader.integer(value, limit)) return false;
  request.max_tokens.reset();
  if (limit && *limit > 0) request.max_tokens = limit;
  if (limit && *limit <= 0) request.options.push_back({"num_predict", *limit == -2 ? "-2" : "-1"});
  return true;
}

bool is_whole_number_option(std::string_view key) {
  constexpr std::string_view names[] = {"num_ctx",  "num_batch",  "num_gpu",       "main_gpu",
                                        "num_keep", "num_thread", "repeat_last_n", "mirostat"};
  return std::find(std::begin(names), std::end(names), key) != std::end(names);
}

bool is_whole_number(std::string_view json) {
  std::int64_t value = 0;
  const auto end = std::from_chars(json.data(), json.data() + json.size(), value).ptr;
  const auto rest = std::string_view(end, static_cast<std::size_t>(json.data() + json.size() - end));
  return end != json.data() && rest.find_first_not_of(".0 \t\r\n") == std::string_view::npos;
}

}  // namespace

bool read_options(JsonReader& reader, JsonValue& value, core::ChatRequest& request) {
  if (reader.is_null(value)) return true;
  auto& sampling = request.sampling;
  return reader.object(value, [&](std::string_view key, JsonValue& option) {
    if (key == "temperature") return reader.number(option, sampling.temperature);
    if (key == "top_p") return reader.number(option, sampling.top_p);
    if (key == "top_k") return reader.integer(option, sampling.top_k);
    if (key == "min_p") return reader.number(option, sampling.min_p);
    if (key == "typical_p") return reader.number(option, sampling.typical_p);
    if (key == "seed") return reader.integer(option, sampling.seed);
    if (key == "presence_penalty") return reader.number(option, sampling.presence_penalty);
    if (key == "frequency_penalty") return reader.number(option, sampling.frequency_penalty);
    if (key == "repeat_penalty") return reader.number(option, sampling.repeat_penalty);
    if (key == "num_predict") return read_num_predict(reader, option, request);
    if (key == "stop") return read_stop(reader, option, request);
    std::string_view json;
    if (!reader.raw(option, json)) return false;
    // Ollama's own check: a word here would be dropped by other servers without a sign.
    if (is_whole_number_option(key) && json != "null" && !is_whole_number(json))
      return reader.wrong_type("a whole number");
    request.options.push_back({reader.kept(key), json});
    return true;
  });
}

bool read_format(JsonReader& reader, JsonValue& value, core::Format& format) {
  format = {};
  if (reader.is_null(value)) return true;
  if (JsonReader::is(value, json_type::object)) {
    format.kind = core::Format::Kind::schema;
    return reader.raw(value, format.schema);
  }
  std::string_view word;
  if (!JsonReader::is(value, json_type::string)) return reader.wrong_type("\"json\" or a JSON schema");
  if (!reader.text(value, word)) return false;
  if (word == "json") format.kind = core::Format::Kind::json;
  return word.empty() || word == "json" || reader.wrong_type("\"json\" or a JSON schema");
}

bool read_think(JsonReader& reader, JsonValue& value, core::ChatRequest& request) {
  if (!JsonReader::is(value, json_type::string)) return reader.boolean(value, request.think);
  if (!reader.text(value, request.effort)) return false;
  for (const std::string_view level : {"low", "medium", "high", "max"}) {
    if (request.effort == level) {
      request.think = true;
      return true;
    }
  }
  return reader.wrong_type("true, false, \"low\", \"medium\", \"high\" or \"max\"");
}

bool read_keep_alive(JsonReader& reader, JsonValue& value, std::string_view& keep_alive) {
  keep_alive = {};
  if (reader.is_null(value)) return true;
  if (!JsonReader::is(value, json_type::string) && !JsonReader::is(value, json_type::number)) {
    return reader.wrong_type("a duration like \"5m\" or a number of seconds");
  }
  return reader.raw(value, keep_alive);
}

bool read_common(JsonReader& reader, std::string_view key, JsonValue& value, core::ChatRequest& request) {
  if (key == "model") return reader.text(value, request.model);
  if (key == "format") return read_format(reader, value, request.format);
  if (key == "think") return read_think(reader, value, request);
  if (key == "keep_alive") return read_keep_alive(reader, value, request.keep_alive);
  if (key == "options") return read_options(reader, value, request);
  if (key == "logprobs") return reader.boolean(value, request.logprobs);
  if (key == "stream") {
    std::optional<bool> wanted;
    if (!reader.boolean(value, wanted)) return false;
    request.stream = wanted.value_or(true);
    return true;
  }
  if (key == "top_logprobs") {
    if (!reader.integer(value, request.top_logprobs)) return false;
    const auto count = request.top_logprobs.value_or(0);
    return (count >= 0 && count <= 20) || reader.refuse("must be between 0 and 20");
  }
  std::string_view json;
  if (!reader.raw(value, json)) return false;
  request.extras.push_back({reader.kept(key), json});
  return true;
}

}  // namespace codecrucible::wire::ollama
