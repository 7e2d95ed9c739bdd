#include "classifier/keywords.hpp"

namespace codecrucible::classifier {
namespace {

struct Subject {
  Kind kind;
  std::string_view name;
};
constexpr Subject subjects[] = {
    {Kind::security, "security"},
    {Kind::performance, "performance"},
    {Kind::architecture, "architecture"},
    {Kind::test, "testing"},
    {Kind::sql, "database"},
    {Kind::ui, "interface"},
    {Kind::algorithm, "algorithm"},
    {Kind::trouble, "error"},
    {Kind::prose_thing, "documentation"},
    {Kind::hard, "hard"},
    {Kind::intricate, "intricate"},
};

}  // namespace

void append_keywords(const Features& features, std::vector<std::string_view>& out) {
  for (const auto& subject : subjects) {
    if (features.dense[dense::anywhere + static_cast<std::size_t>(subject.kind)] > 0)
      out.push_back(subject.name);
  }
}

}  // namespace codecrucible::classifier
