#include "gateway/state_files.hpp"

#include "gateway/housekeeper.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

using namespace codecrucible;
using namespace codecrucible::gateway;

namespace {

struct Scratch {
  Scratch() { std::filesystem::create_directories(path); }
  ~Scratch() { std::filesystem::remove_all(path); }
  std::string path =
      (std::filesystem::temp_directory_path() / ("codecrucible-state-" + std::to_string(getpid()))).string();
};

fleet::Settings one_host() {
  fleet::HostSettings host;
  host.name = "box";
  host.kind = core::ProviderKind::vllm;
  host.url = "http://127.0.0.1:9";
  fleet::Settings settings;
  settings.hosts.push_back(host);
  return settings;
}

std::unique_ptr<telemetry::Log> log_into(const std::string& file) {
  telemetry::LogSettings settings;
  settings.file = file;
  return telemetry::make_log(settings);
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("learned state: survives as text to the last figure") {
  std::vector<fleet::Learned> learned(2);
  learned[0].host = "box";
  learned[0].model = "a \"quoted\" näme";
  learned[0].slots = 3;
  for (int i = 1; i < 9; ++i) {
    learned[0].speeds.load.add(7.3 * i);
    learned[0].speeds.first.add(100 * i, 0.1 + 0.0013 * i);
    learned[0].speeds.token_factor.add(1.1);
  }
  learned[1].host = "other";
  const auto back = learned_of(learned_text(learned));
  REQUIRE(back.has_value());
  REQUIRE(back->size() == 2);
  CHECK((*back)[0].model == learned[0].model);
  CHECK((*back)[0].slots == 3);
  CHECK(!(*back)[1].slots);
  CHECK(*(*back)[0].speeds.load.value() == *learned[0].speeds.load.value());
  CHECK(*(*back)[0].speeds.first.at(500) == *learned[0].speeds.first.at(500));
  CHECK(!(*back)[1].speeds.load.value());
  CHECK(learned_text(*back) == learned_text(learned));
}

TEST_CASE("learned state: text that is cut, of another kind or absurd is refused as a whole") {
  std::vector<fleet::Learned> learned(1);
  learned[0].host = "box";
  const auto text = learned_text(learned);
  for (std::size_t cut = 0; cut + 2 < text.size(); ++cut) CHECK(!learned_of(text.substr(0, cut)));
  CHECK(!learned_of("[]"));
  CHECK(!learned_of(R"({"format":2,"models":[]})"));
  CHECK(!learned_of(R"({"format":1,"models":[{"host":1}]})"));
  CHECK(learned_of(R"({"format":1,"models":[]})").has_value());
}

TEST_CASE("learned state: a restarted gateway knows what the one before had measured") {
  const Scratch scratch;
  const auto log = log_into(scratch.path + "/log");
  RateLimits limits;
  const auto load_seconds = [](FleetDesk& desk) {
    fleet::Listing listing;
    listing.models.emplace_back().id = "m";
    const auto now = std::chrono::steady_clock::now();
    desk.with_fleet([&](fleet::Fleet& fleet) { fleet.probed("box", listing, now, now); });
    return desk.view()->models.at(0).speed.load_seconds;
  };
  {
    FleetDesk desk(one_host());
    Housekeeper keeper(desk, limits, *log, scratch.path + "/new/folder");
    keeper.start();
    CHECK(!load_seconds(desk));
    desk.load_finished({"box", "m"}, true, std::chrono::seconds(9));
  }
  {
    FleetDesk desk(one_host());
    Housekeeper keeper(desk, limits, *log, scratch.path + "/new/folder");
    keeper.start();
    REQUIRE(load_seconds(desk));
    CHECK(*load_seconds(desk) == doctest::Approx(9));
  }
  CHECK(!std::filesystem::exists(scratch.path + "/new/folder/fleet.json.new"));
  // A broken file is left behind with a word in the log.
  std::ofstream(scratch.path + "/new/folder/fleet.json") << R"({"format":1,"mod)";
  {
    FleetDesk desk(one_host());
    Housekeeper keeper(desk, limits, *log, scratch.path + "/new/folder");
    keeper.start();
    CHECK(!load_seconds(desk));
  }
  log->flush();
  CHECK(text_of(scratch.path + "/log").find("begins anew") != std::string::npos);
}
