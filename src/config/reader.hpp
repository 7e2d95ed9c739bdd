#pragma once

#include "config/load.hpp"
#include "config/node.hpp"
#include "config/table.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::config {

// Further problems than these are not told: nobody reads them.
inline constexpr std::size_t max_problems = 100;

// Walks a tree against the table and notes all that is wrong, each with its place. One per load.
class Reader {
 public:
  Reader(std::vector<std::string> files, std::vector<Problem>& problems)
      : files_(std::move(files)), problems_(problems) {}

  // Fills `object` (of the struct that `shape` is bound to). Keys that are absent or null leave it as it is.
  void read(const Shape& shape, const Node& node, void* object);

  // Values of one scalar; nullopt and a problem if it is something else or out of range.
  std::optional<bool> boolean(const Node& node, const Type& type);
  std::optional<std::int64_t> integer(const Node& node, const Type& type);
  std::optional<double> number(const Node& node, const Type& type);
  std::optional<std::string> text(const Node& node, const Type& type);
  std::optional<milliseconds> duration(const Node& node, const Type& type);
  std::optional<std::uint64_t> bytes(const Node& node, const Type& type);
  std::optional<std::size_t> choice(const Node& node, const Type& type);

  void wrong(const Node& at, std::string message, std::string hint = {});
  void wrong_type(const Node& at, const Type& type);

  // Names the step that is being read while it lives: "[2]", ".target".
  class Step {
   public:
    Step(Reader& reader, std::string step) : reader_(reader), before_(reader.path_.size()) {
      reader_.path_ += reader_.path_.empty() && step.starts_with('.') ? step.substr(1) : step;
    }
    ~Step() { reader_.path_.resize(before_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Reader& reader_;
    std::size_t before_;
  };

 private:
  bool plain(const Node& node) const noexcept { return node.is_scalar() && (!node.quoted || node.expanded); }
  void out_of_range(const Node& node, const Type& type);
  void unknown_key(const Shape& shape, const Node::Member& member, const Node& map);

  std::vector<std::string> files_;
  std::vector<Problem>& problems_;
  std::string path_;
};

// The nearest of `words` to `word`, or empty if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& words);

}  // namespace codecrucible::config
