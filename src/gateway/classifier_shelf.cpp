#include "gateway/classifier_shelf.hpp"

#include "classifier/binary.hpp"
#include "gateway/state_files.hpp"

#include <algorithm>
#include <filesystem>

namespace codecrucible::gateway {
namespace {

using json = nlohmann::ordered_json;
namespace files = std::filesystem;

constexpr std::size_t longest_list = 1U << 20U;  // of the list

json written(const learning::Exam& exam) {
  return {{"type", exam.type}, {"complexity", exam.complexity}};
}
learning::Exam exam_of(const json& from) {
  return {from.value("type", 0.0), from.value("complexity", 0.0)};
}

}  // namespace

json written(const ClassifierShelf::Kept& one) {
  return {{"number", one.number},          {"at", one.at},
          {"learned", one.learned},        {"held", one.held},
          {"before", written(one.before)}, {"after", written(one.after)}};
}
json written(const ClassifierShelf::Round& round) {
  return {{"at", round.at}, {"labelled", round.labelled}, {"said", round.said}};
}

std::string ClassifierShelf::file_of(std::uint64_t number) const {
  return folder_ + "/" + std::to_string(number) + ".model";
}

bool ClassifierShelf::has(std::uint64_t number) const noexcept {
  return number == 0 ||
         std::any_of(kept_.begin(), kept_.end(), [&](const Kept& one) { return one.number == number; });
}

core::Result<void> ClassifierShelf::open() {
  std::error_code error;
  const auto list = folder_ + "/list.json";
  if (!files::exists(list, error)) return {};
  const auto text = classifier::read_file(list, longest_list);
  if (!text) return text.error();
  const auto found = json::parse(*text, nullptr, false);
  if (!found.is_object()) return core::fail(core::Cause::garbage, list + " is not whole");
  try {
    for (const auto& one : found.value("models", json::array())) {
      Kept kept;
      kept.number = one.value("number", std::uint64_t{0});
      kept.at = one.value("at", std::int64_t{0});
      kept.learned = one.value("learned", std::size_t{0});
      kept.held = one.value("held", std::size_t{0});
      kept.before = exam_of(one.value("before", json::object()));
      kept.after = exam_of(one.value("after", json::object()));
      if (files::exists(file_of(kept.number), error)) kept_.push_back(kept);
    }
    last_ = found.value("last", std::uint64_t{0});
    in_use_ = found.value("in_use", std::uint64_t{0});
    before_ = found.value("before", std::uint64_t{0});
    const auto round = found.value("round", json::object());
    round_ = {round.value("at", std::int64_t{0}), round.value("labelled", std::size_t{0}),
              round.value("said", "")};
  } catch (const json::exception& trouble) {
    *this = ClassifierShelf(folder_);
    return core::fail(core::Cause::garbage, list + ": " + trouble.what());
  }
  if (!has(in_use_)) in_use_ = 0;
  if (!has(before_)) before_ = 0;
  return {};
}

core::Result<void> ClassifierShelf::write() const {
  json models = json::array();
  for (const auto& one : kept_) models.push_back(written(one));
  const json list = {{"in_use", in_use_},
                     {"before", before_},
                     {"last", last_},
                     {"round", written(round_)},
                     {"models", models}};
  std::error_code error;
  files::create_directories(folder_, error);
  if (replace_file(folder_ + "/list.json", list.dump(1, ' ', false, json::error_handler_t::replace)))
    return {};
  return core::fail(core::Cause::internal, "cannot write " + folder_ + "/list.json");
}

core::Result<std::uint64_t> ClassifierShelf::keep(Kept about, const std::string& model) {
  about.number = ++last_;
  std::error_code error;
  files::create_directories(folder_, error);
  if (!replace_file(file_of(about.number), model))
    return core::fail(core::Cause::internal, "cannot write " + file_of(about.number));
  kept_.insert(kept_.begin(), about);
  for (std::size_t i = kept_.size(); i-- > 1 && kept_.size() > most_models;) {
    const auto number = kept_[i].number;
    if (number == in_use_ || number == before_) continue;
    files::remove(file_of(number), error);
    kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  const auto written = write();
  if (!written) return written.error();
  return about.number;
}

void ClassifierShelf::note(Round round) {
  round_ = std::move(round);
  static_cast<void>(write());  // should it fail, the next start begins a round earlier than it had to
}

core::Result<void> ClassifierShelf::put_in_use(std::uint64_t number) {
  if (number == in_use_) return {};
  before_ = std::exchange(in_use_, number);
  return write();
}

}  // namespace codecrucible::gateway
