#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::cli {

// Reads the gateway's stream of chat chunks (server-sent events, one JSON object per data line).
class AnswerStream {
 public:
  std::function<void(std::string_view)> text;       // piece of the answer
  std::function<void(std::string_view)> reasoning;  // piece of the reasoning

  void feed(std::string_view bytes);

  std::string answer;
  std::string model;
  std::string finish;
  std::string usage;  // JSON text, empty if none came
  std::optional<std::string> error;

 private:
  void line(std::string_view line);
  std::string rest_;
};

}  // namespace codecrucible::cli
