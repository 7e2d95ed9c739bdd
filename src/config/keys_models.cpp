#include "config/sections.hpp"

namespace codecrucible::config {

// Quality per task type: a map from the type's name.
template <>
struct Form<std::array<std::optional<double>, core::task_type_count>> {
  using Qualities = std::array<std::optional<double>, core::task_type_count>;
  static void read(Qualities& out, const Node& node, const Type& type, Reader& reader) {
    std::vector<std::pair<std::string, double>> pairs;
    Form<decltype(pairs)>::read(pairs, node, type, reader);
    for (const auto& [name, value] : pairs) {
      if (const auto task = core::task_type_of(name)) {
        out[static_cast<std::size_t>(*task)] = value;
        continue;
      }
      std::string known;
      for (std::size_t i = 0; i < core::task_type_count; ++i)
        known += (i ? ", " : "") + std::string(core::name(static_cast<core::TaskType>(i)));
      reader.wrong(node, "'" + name.substr(0, 64) + "' is no task type", "known: " + known);
    }
  }
  static Node show(const Qualities& values, const Type&) {
    Node node = Node::map();
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i])
        node.set(std::string(core::name(static_cast<core::TaskType>(i))),
                 Node::scalar(number_to_text(*values[i])));
    return node;
  }
};

void add_model_sections(Rows<Draft>& rows) {
  Rows<OverrideDraft> override;
  using O = OverrideDraft;
  override.add("window", integer(256, 100'000'000), &O::window,
               "Context window in tokens that is really usable.");
  override.add("quality", number(0, 1), &O::quality, "Share of medium, general requests it answers well.");
  override.add("taskQuality", map_of(number(0, 1)), &O::task_quality, "The same per task type.");
  override.add("parameters", number(0.01, 10'000), &O::parameters, "Size in billions.");
  override.add("activeParameters", number(0.01, 10'000), &O::active_parameters,
               "Billions at work per token (mixture of experts).");
  override.add("tier", text(), &O::tier, "Puts it into this tier.");
  override.add("hidden", boolean(), &O::hidden, "Never chosen by `auto`; its own name still reaches it.");

  Rows<Draft> models;
  models
      .add("aliases", map_of(nonempty()), &Draft::aliases,
           "Other names for models, for clients that insist on one; '*' stands for any letters. "
           "The target may be auto, auto-fast or auto-quality.")
      .example = R"({"gpt-4o*": auto-quality, "gpt-3.5-turbo": auto-fast})";
  models
      .add("overrides", map_of(object(std::move(override).shape())), &Draft::overrides,
           "What you know better than we guess, by model or \"provider/model\"; '*' stands for any letters.")
      .example = R"({"qwen2.5:72b": {quality: 0.9, window: 32768, tier: quality}})";
  rows.section(
      "models", std::move(models).shape(), [](Draft& d) -> auto& { return d; },
      "What is known about models beyond what their servers tell.");

  rows.add("tiers", map_of(list_of(nonempty())), &Draft::tiers,
           "Named groups of models, best first: providers, \"provider/model\" or models. fast and quality "
           "also serve "
           "auto-fast and auto-quality.");
}

}  // namespace codecrucible::config
