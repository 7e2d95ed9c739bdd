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

void AnswerStream::line(std::string_view text) {
  if (!text.starts_with("data:")) return;
  text.remove_prefix(5);
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with('\r')) text.remove_suffix(1);
  if (text == "[DONE]") return;
  const auto json = nlohmann::json::parse(text, nullptr, false);
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
    if (this->text) this->text(content);
  }
  if (const auto thought = piece("reasoning_content"); !thought.empty() && reasoning) reasoning(thought);
}

}  // namespace codecrucible::cli
