#include "cli/answer_stream.hpp"

#include <nlohmann/json.hpp>

namespace codecrucible::cli {

void AnswerStream::feed(std::string_view bytes) {
  rest_ += bytes;
  std::size_t start = 0;
  for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', start)) {
    line(std::string_view(rest_).substr(start, end - start));
    start = end + 1;
  }
  rest_.erase(0, start);
}

void AnswerStream::line(std::string_view data) {
  if (!data.starts_with("data:")) return;
  data.remove_prefix(5);
  while (data.starts_with(' ')) data.remove_prefix(1);
  while (data.ends_with('\r')) data.remove_suffix(1);
  if (data == "[DONE]") return;
  const auto json = nlohmann::json::parse(data, nullptr, false);
  if (!json.is_object()) return;
  if (json.contains("error")) {
    const auto& problem = json["error"];
    error = problem.is_object() ? problem.value("message", problem.dump()) : problem.dump();
    return;
  }
  if (json.contains("model") && json["model"].is_string()) model = json["model"];
  if (json.contains("usage") && json["usage"].is_object()) usage = json["usage"].dump();
  if (!json.contains("choices") || !json["choices"].is_array() || json["choices"].empty()) return;
  const auto& choice = json["choices"][0];
  if (choice.contains("finish_reason") && choice["finish_reason"].is_string())
    finish = choice["finish_reason"];
  if (!choice.contains("delta") || !choice["delta"].is_object()) return;
  const auto& delta = choice["delta"];
  const auto piece = [&](const char* key) {
    return delta.contains(key) && delta[key].is_string() ? delta[key].get<std::string>() : std::string();
  };
  if (const auto content = piece("content"); !content.empty()) {
    answer += content;
    if (text) text(content);
  }
  if (const auto thought = piece("reasoning_content"); !thought.empty() && reasoning) reasoning(thought);
}

}  // namespace codecrucible::cli
