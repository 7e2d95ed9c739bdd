// What can be known of docker/ without an engine: that its files agree with each other and with this tree.
#include "config/load.hpp"
#include "places.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

using namespace codecrucible;
namespace fs = std::filesystem;

namespace {

const std::string docker = source_dir() + "/docker/";

std::string text_of(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  return {std::istream_iterator<std::string>(stream), {}};
}

// One mount of a service: "./prometheus:/etc/prometheus:ro".
struct Mount {
  std::string from, to;
};
std::vector<Mount> mounts_of(const YAML::Node& service) {
  std::vector<Mount> out;
  for (const auto& entry : service["volumes"]) {
    const auto text = entry.as<std::string>();
    const auto first = text.find(':');
    REQUIRE_MESSAGE(first != std::string::npos, text);
    out.push_back({text.substr(0, first), text.substr(first + 1, text.find(':', first + 1) - first - 1)});
  }
  return out;
}

// The file of docker/ that a service sees at `path`; empty if nothing is mounted there.
std::string seen_by(const YAML::Node& service, const std::string& path) {
  for (const auto& mount : mounts_of(service)) {
    if (mount.from.starts_with("./") && path.starts_with(mount.to))
      return docker + mount.from + path.substr(mount.to.size());
  }
  return {};
}

YAML::Node compose() {
  return YAML::LoadFile(docker + "compose.yaml");
}

// True if the path is kept from the build.
bool ignored(const std::string& path) {
  std::istringstream lines(text_of(docker + "Dockerfile.dockerignore"));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#' || line.find('*') != std::string::npos) continue;
    if (path == line || path.starts_with(line + "/")) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("docker: what the compose file mounts, builds from and waits for is there") {
  const auto file = compose();
  REQUIRE(file["services"].IsMap());
  for (const auto& entry : file["services"]) {
    const auto name = entry.first.as<std::string>();
    CAPTURE(name);
    const auto& service = entry.second;
    CHECK((service["image"].IsDefined() != service["build"].IsDefined()));
    for (const auto& mount : mounts_of(service)) {
      CAPTURE(mount.from);
      CHECK(mount.to.starts_with("/"));
      if (mount.from.starts_with(".")) {
        CHECK(fs::exists(docker + mount.from));
      } else {
        CHECK(file["volumes"][mount.from].IsDefined());
      }
    }
    for (const auto& other : service["depends_on"])
      CHECK(file["services"][other.as<std::string>()].IsDefined());
  }
  const auto build = file["services"]["gateway"]["build"];
  const auto context = docker + build["context"].as<std::string>() + "/";
  CHECK(fs::exists(context + build["dockerfile"].as<std::string>()));
}

TEST_CASE("docker: what the image is made of is in this tree and reaches the build") {
  std::istringstream lines(text_of(docker + "Dockerfile"));
  int copied = 0;
  for (std::string line; std::getline(lines, line);) {
    auto words = words_of(line);
    if (words.empty() || words.front() != "COPY") continue;
    const bool built = words[1].starts_with("--from=");
    words.erase(words.begin(), words.begin() + (built ? 2 : 1));
    words.pop_back();
    for (auto path : words) {
      CAPTURE(path);
      const std::string sources = "/src/";
      if (built) REQUIRE(path.starts_with(sources));
      if (built) path = path.substr(sources.size());
      if (path.starts_with("build/") || path == ".") continue;
      ++copied;
      CHECK(fs::exists(source_dir() + "/" + path));
      CHECK(!ignored(path));
    }
  }
  CHECK(copied >= 5);
}

TEST_CASE("docker: gateway, Prometheus and Grafana mean the same places") {
  const auto services = compose()["services"];
  const auto loaded = config::load_file(docker + "hybrid.yaml", {});
  for (const auto& problem : loaded.problems) FAIL_CHECK(to_string(problem));
  REQUIRE(loaded.ok());
  const auto port = std::to_string(loaded.settings->server.port);
  CHECK(services["gateway"]["ports"][0].as<std::string>() == "127.0.0.1:" + port + ":" + port);
  CHECK(text_of(docker + "Dockerfile").find("EXPOSE " + port) != std::string::npos);
  CHECK(text_of(docker + "Dockerfile").find("/dev/tcp/127.0.0.1/" + port) != std::string::npos);

  const auto prometheus = services["prometheus"];
  const auto command = prometheus["command"][0].as<std::string>();
  const auto scraping = seen_by(prometheus, command.substr(command.find('=') + 1));
  REQUIRE_MESSAGE(fs::exists(scraping), scraping);
  const auto scrape = YAML::LoadFile(scraping);
  CHECK(scrape["scrape_configs"][0]["static_configs"][0]["targets"][0].as<std::string>() ==
        "gateway:" + port);
  for (const auto& rules : scrape["rule_files"])
    CHECK(fs::exists(fs::path(scraping).parent_path() / rules.as<std::string>()));

  const auto grafana = services["grafana"];
  const auto provisioning = seen_by(grafana, "/etc/grafana/provisioning");
  const auto source = YAML::LoadFile(provisioning + "/datasources/prometheus.yaml")["datasources"][0];
  CHECK(source["url"].as<std::string>() == "http://prometheus:9090");
  const auto boards = YAML::LoadFile(provisioning + "/dashboards/codecrucible.yaml")["providers"][0];
  const auto folder = seen_by(grafana, boards["options"]["path"].as<std::string>());
  REQUIRE_MESSAGE(fs::is_directory(folder), folder);
  const auto home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"].as<std::string>();
  CHECK(fs::exists(seen_by(grafana, home)));
  const auto uid = source["uid"].as<std::string>();
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    CAPTURE(entry.path().string());
    const auto board = nlohmann::json::parse(text_of(entry.path().string()), nullptr, false);
    REQUIRE(board.is_object());
    names.push_back(board["uid"]);
    for (const auto& panel : board["panels"]) {
      if (panel.contains("datasource")) CHECK(panel["datasource"]["uid"] == uid);
    }
  }
  std::sort(names.begin(), names.end());
  CHECK(names.size() >= 4);
  CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}
