#include "core/tokens.hpp"

#include "core/chat.hpp"

#include <algorithm>
#include <array>

namespace codecrucible::core {
namespace {

// A byte-pair tokenizer's count is nearly linear in which classes of bytes follow each other: a word costs
// where it begins, a rare letter inside it a little more, a line break or a sign its own. One pass without
// branches; the weights are 1/256 tokens per (class before, class).
enum Class : std::uint8_t {
  vowel,
  common,
  rare,
  upper,
  digit,
  space,
  line,
  tab,
  underscore,
  stop,
  quote,
  bracket,
  sign,
  lead_2,
  lead_3,
  follow
};

constexpr std::array<std::uint8_t, 256> classes = [] {
  std::array<std::uint8_t, 256> table{};
  const auto set = [&](std::string_view bytes, Class as) {
    for (const char byte : bytes) table[static_cast<unsigned char>(byte)] = as;
  };
  for (unsigned byte = 0; byte < 256; ++byte) {
    table[byte] = byte < 0x80 ? sign : byte < 0xc0 ? follow : byte < 0xe0 ? lead_2 : lead_3;
  }
  for (unsigned char byte = 'A'; byte <= 'Z'; ++byte) table[byte] = upper;
  set("aeiou", vowel);
  set("tnsrhldcm", common);
  set("bfgjkpqvwxyz", rare);
  set("0123456789", digit);
  set(" ", space);
  set("\r\n", line);
  set("\t", tab);
  set("_", underscore);
  set(".,;:", stop);
  set("'\"`", quote);
  set("()[]{}<>", bracket);
  return table;
}();

// Non-negative ridge regression on 3,908 pieces of C++, Python, shell, prompts and English text against the
// mean of the o200k and cl100k vocabularies; on the third held out the median error is 2 %, the ninth decile
// 4 to 10
// %. Other vocabularies and scripts differ by a factor, which the fleet calibrates per model.
constexpr std::array<std::uint16_t, 256> weights{
    // clang-format off
    0, 1, 7, 104, 266, 8, 245, 147, 0, 208, 248, 193, 98, 226, 187, 77,
    16, 13, 7, 89, 172, 3, 220, 138, 7, 184, 233, 129, 213, 345, 80, 77,
    19, 33, 29, 103, 178, 10, 273, 128, 9, 185, 355, 68, 230, 175, 125, 77,
    70, 46, 34, 30, 127, 43, 116, 128, 168, 235, 253, 262, 276, 132, 423, 77,
    323, 380, 349, 404, 59, 102, 283, 128, 187, 252, 298, 222, 247, 163, 336, 77,
    221, 217, 208, 188, 390, 8, 75, 0, 409, 146, 335, 146, 233, 351, 245, 77,
    222, 341, 259, 249, 85, 175, 230, 147, 108, 551, 220, 180, 105, 128, 62, 77,
    0, 290, 165, 357, 102, 80, 89, 55, 128, 134, 59, 138, 155, 128, 154, 77,
    191, 230, 202, 109, 375, 177, 0, 128, 0, 293, 0, 231, 165, 128, 162, 77,
    11, 127, 134, 11, 180, 85, 0, 271, 99, 230, 0, 48, 352, 130, 125, 77,
    190, 79, 161, 228, 57, 3, 6, 147, 165, 28, 0, 79, 109, 214, 152, 77,
    247, 187, 233, 264, 409, 98, 9, 190, 206, 62, 56, 43, 218, 127, 163, 77,
    105, 153, 183, 170, 159, 117, 100, 138, 706, 136, 114, 214, 21, 131, 0, 77,
    154, 154, 154, 154, 102, 26, 102, 128, 128, 128, 128, 128, 128, 128, 154, 41,
    154, 154, 154, 154, 102, 26, 102, 128, 128, 128, 128, 128, 128, 128, 154, 18,
    164, 162, 204, 350, 399, 22, 114, 197, 128, 194, 136, 186, 137, 0, 25, 160,
    // clang-format on
};

}  // namespace

std::uint32_t estimate_tokens(std::string_view text) noexcept {
  if (text.empty()) return 0;
  std::uint64_t sum = 0;
  unsigned before = line;
  for (const char byte : text) {
    const unsigned now = classes[static_cast<unsigned char>(byte)];
    sum += weights[before << 4U | now];
    before = now;
  }
  const std::uint64_t tokens = (sum + 128) >> 8U;
  return tokens == 0 ? 1 : tokens > UINT32_MAX ? UINT32_MAX : static_cast<std::uint32_t>(tokens);
}

std::uint32_t estimate_tokens(const ChatRequest& request) noexcept {
  // Token ids come as numbers of some digits with a comma each.
  std::uint64_t tokens = estimate_tokens(request.prompt) + request.prompt_tokens_json.size() / 4;
  for (const auto& message : request.messages) {
    for (const auto& part : message.parts) tokens += estimate_tokens(part.text);
    for (const auto& call : message.tool_calls) {
      tokens += std::uint64_t{estimate_tokens(call.name)} + estimate_tokens(call.arguments);
    }
  }
  for (const auto& tool : request.tools) {
    tokens += std::uint64_t{estimate_tokens(tool.name)} + estimate_tokens(tool.parameters) +
              estimate_tokens(tool.description);
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(tokens, UINT32_MAX));
}

}  // namespace codecrucible::core
