#pragma once

#include "config/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::config {

// One thing wrong with a config. Lines and columns count from 1; 0 = not tied to a place.
struct Problem {
  bool fatal = true;  // false: a warning; the config may be used
  std::string file;
  int line = 0, column = 0;
  std::string path;     // "routing.rules[2].target"
  std::string message;  // what is wrong
  std::string hint;     // what is allowed or was perhaps meant; may be empty
};

// "config/hybrid.yaml:12:7: error: unknown key 'maxConcurent'; did you mean 'maxConcurrent'?"
std::string to_string(const Problem& problem);

struct Source {
  std::string name;  // how problems call it, usually the path
  std::string text;
};

// What the machine has; for `profile: auto`.
struct Hardware {
  std::uint64_t ram_bytes = 0;
  std::uint64_t vram_bytes = 0;
  unsigned cores = 0;
};

// "high-end" (24 GB of VRAM, or 64 GB of RAM and 16 cores), "constrained" (under 12 GB of RAM, or up to 4
// cores without no 8 GB of VRAM), or "" for what lies between.
std::string_view profile_for(const Hardware& hardware) noexcept;

// Found by whoever understands the settings (router::check): `place` is a path as in Problem, `offset` counts
// bytes into the text of the value there.
struct Finding {
  bool fatal = true;
  std::string place;
  std::size_t offset = 0;
  std::string message;
};

// All that a config may depend on besides its text. Everything is optional.
struct Surroundings {
  std::function<std::optional<std::string>(std::string_view)> variable;  // for ${NAME}; none: all unset
  std::function<std::optional<Source>(std::string_view)>
      profile_source;   // overlay by name; none: built-in ones
  std::string profile;  // wins over the file's own `profile`
  Hardware hardware;
  std::function<std::vector<Finding>(const Settings&)> check;  // run on settings that are otherwise good
};

// A whole Settings, or none and at least one fatal problem. Never half of one.
struct Loaded {
  std::optional<Settings> settings;
  std::vector<Problem> problems;  // in the order of the file; may hold warnings besides settings
  bool ok() const noexcept { return settings.has_value(); }
};

// Reads a config. Pure: no files, no environment but `around`. Never throws, whatever the text.
Loaded load(const Source& source, const Surroundings& around = {});

// What holds when there is no file at all.
Settings defaults();

// A file of the disk; a failure to read is a Problem.
Loaded load_file(const std::string& path, const Surroundings& around = {});

// The process's own environment variables, the profile files beside `path`, what the machine has.
Surroundings surroundings_of(const std::string& path);
Hardware this_machine();

// JSON schema (draft 2020-12) of the file, for editors.
std::string schema();
// The documented default file: what `config/hybrid.yaml` holds.
std::string documented_defaults();
// Markdown table of every key.
std::string reference();
// The settings in force as YAML, secrets masked.
std::string to_yaml(const Settings& settings);

// One changed value.
struct Change {
  std::string path;           // "routing.rules[2].target"
  std::string before, after;  // empty = was or is not there; secrets are masked
};
std::vector<Change> diff(const Settings& before, const Settings& after);
std::string to_string(const Change& change);  // "routing.rules[2].target: lmstudio -> ollama"

}  // namespace codecrucible::config
