#include "gateway/trained_files.hpp"

#include "classifier/binary.hpp"
#include "classifier/model.hpp"

#include <sys/stat.h>

namespace codecrucible::gateway {

TrainedFiles::Mark TrainedFiles::mark_of(const std::string& name) {
  Mark mark;
  mark.name = name;
  struct stat file{};
  if (::stat(name.c_str(), &file) != 0) return mark;
  mark.device = file.st_dev;
  mark.number = file.st_ino;
  mark.size = file.st_size;
  mark.changed_ns = file.st_mtim.tv_sec * 1'000'000'000 + file.st_mtim.tv_nsec;
  return mark;
}

classifier::Layers TrainedFiles::layers(const classifier::Settings& settings, std::string& trouble) {
  classifier::Layers layers;
  layers.settings = settings;
  if (settings.parser_type == classifier::ParserType::rule_based) return layers;
  const std::scoped_lock lock(mutex_);
  // Marked before it is read: what changes meanwhile is read again the next time.
  auto model_file = mark_of(settings.model_file), vectors_file = mark_of(settings.vectors_file);
  if (model_ == nullptr || model_file != model_file_ || vectors_file != vectors_file_) {
    auto model = classifier::load_model(settings.model_file, settings.vectors_file);
    if (!model) {
      trouble = model.error().detail;
      return layers;
    }
    model_ = std::move(*model);
    model_file_ = std::move(model_file);
    vectors_file_ = std::move(vectors_file);
  }
  layers.model = model_;
  return layers;
}

std::shared_ptr<const confidence::Model> TrainedFiles::judge(const confidence::Settings& settings,
                                                             std::string& trouble) {
  if (!settings.enabled || settings.model_file.empty()) return confidence::plain_model();
  const std::scoped_lock lock(mutex_);
  auto file = mark_of(settings.model_file);
  if (judge_ != nullptr && file == judge_file_) return judge_;
  constexpr std::size_t most = 16U << 20U;
  const auto bytes = classifier::read_file(settings.model_file, most);
  core::Result<std::shared_ptr<const confidence::Model>> model =
      bytes ? confidence::read_model(*bytes) : bytes.error();
  if (!model) {
    if (!trouble.empty()) trouble += "; ";
    trouble += settings.model_file + ": " + model.error().detail;
    return confidence::plain_model();
  }
  judge_ = std::move(*model);
  judge_file_ = std::move(file);
  return judge_;
}

}  // namespace codecrucible::gateway
