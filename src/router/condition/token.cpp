#include "router/condition/token.hpp"

#include <charconv>

namespace codecrucible::router::condition {
namespace {

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// A character for a message: as it is, or as \xNN.
std::string shown(char c) {
  if (c >= 0x20 && c < 0x7f) return std::string("'") + c + "'";
  constexpr char digits[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  return std::string("byte \\x") + digits[byte >> 4] + digits[byte & 15];
}

class Splitter {
 public:
  Splitter(std::string_view text, Mistake& mistake) : text_(text), mistake_(mistake) {}

  std::vector<Token> run() {
    if (text_.size() > max_condition_bytes) {
      stop(max_condition_bytes,
           "the condition is longer than " + std::to_string(max_condition_bytes) + " bytes");
      return {};
    }
    while (mistake_.message.empty()) {
      while (at_ < text_.size() && is_space(text_[at_])) ++at_;
      Token token;
      token.offset = at_;
      if (at_ == text_.size()) {
        tokens_.push_back(std::move(token));
        return std::move(tokens_);
      }
      const char c = text_[at_];
      if (is_letter(c)) {
        read_name(token);
      } else if (is_digit(c) || (c == '-' && is_digit(peek(1)))) {
        read_number(token);
      } else if (c == '\'' || c == '"') {
        read_text(token);
      } else {
        read_symbol(token);
      }
      tokens_.push_back(std::move(token));
    }
    return {};
  }

 private:
  char peek(std::size_t ahead) const noexcept {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void stop(std::size_t offset, std::string message) {
    mistake_.offset = offset;
    mistake_.message = std::move(message);
  }

  void read_name(Token& token) {
    token.kind = Token::Kind::name;
    const auto start = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool dash_inside = c == '-' && (is_letter(peek(1)) || is_digit(peek(1)));
      if (!is_letter(c) && !is_digit(c) && !dash_inside) break;
      ++at_;
    }
    token.text = text_.substr(start, at_ - start);
  }

  void read_number(Token& token) {
    token.kind = Token::Kind::number;
    const char* const first = text_.data() + at_;
    const char* const last = text_.data() + text_.size();
    const auto [end, error] = std::from_chars(first, last, token.number);
    if (error != std::errc()) return stop(at_, "this number is out of range");
    at_ += static_cast<std::size_t>(end - first);
    if (is_letter(peek(0)) || is_digit(peek(0))) {
      return stop(at_, "numbers have no unit here: write the plain number");
    }
    token.text.assign(first, end);
  }

  void read_text(Token& token) {
    token.kind = Token::Kind::text;
    const char quote = text_[at_++];
    while (at_ < text_.size() && text_[at_] != quote) {
      char c = text_[at_++];
      if (c == '\\' && at_ < text_.size()) {
        const char next = text_[at_++];
        switch (next) {
          case 'n':
            c = '\n';
            break;
          case 't':
            c = '\t';
            break;
          case '\\':
          case '\'':
          case '"':
            c = next;
            break;
          // Anything else stays as written, so that patterns read naturally: '\d+'.
          default:
            token.text += '\\';
            c = next;
        }
      }
      token.text += c;
    }
    if (at_ == text_.size()) return stop(token.offset, "this string has no closing quote");
    ++at_;
  }

  void read_symbol(Token& token) {
    token.kind = Token::Kind::symbol;
    for (const std::string_view symbol : {"==", "!=", "<=", ">=", "&&", "||"}) {
      if (text_.substr(at_, 2) != symbol) continue;
      token.text = symbol;
      at_ += 2;
      if (peek(0) == '=' && (symbol == "==" || symbol == "!="))
        stop(token.offset, "write == or != (two characters)");
      return;
    }
    const char c = text_[at_];
    if (c == '=') return stop(at_, "'=' does not compare: write ==");
    if (c == '&') return stop(at_, "write && for and");
    if (c == '|') return stop(at_, "write || for or");
    if (std::string_view("<>!()[],.").find(c) == std::string_view::npos) {
      return stop(at_, shown(c) +
                           " has no meaning here; operators are == != < <= > >= && || ! in contains "
                           "startsWith endsWith matches");
    }
    token.text = std::string(1, c);
    ++at_;
  }

  std::string_view text_;
  Mistake& mistake_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> split(std::string_view condition, Mistake& mistake) {
  return Splitter(condition, mistake).run();
}

}  // namespace codecrucible::router::condition
