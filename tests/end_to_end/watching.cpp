#include "watching.hpp"

#include "house/client.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace watching {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

void take_exprs(const json& node, const std::string& where, std::vector<Query>& out) {
  if (node.is_object() && node.contains("expr")) out.push_back({where, node["expr"].get<std::string>()});
  if (!node.is_structured()) return;
  const auto title = node.is_object() ? node.value("title", std::string()) : std::string();
  const auto inside = title.empty() ? where : where + ", " + title;
  for (const auto& child : node) take_exprs(child, inside, out);
}

// The rules' file is plain enough: `expr: …` on one line, or folded on the deeper lines after `expr: >-`.
void take_rules(const std::string& text, std::vector<Query>& out) {
  std::istringstream lines(text);
  std::string line, alert;
  const auto depth = [](const std::string& one) { return std::min(one.find_first_not_of(' '), one.size()); };
  bool folded = false;
  std::size_t deep = 0;
  while (std::getline(lines, line)) {
    if (folded && depth(line) > deep) {
      out.back().text += " " + line.substr(depth(line));
      continue;
    }
    folded = false;
    const auto name = line.find("- alert: ");
    if (name != std::string::npos) alert = line.substr(name + 9);
    const auto at = line.find("expr: ");
    if (at == std::string::npos) continue;
    out.push_back({alert, line.substr(at + 6)});
    if (out.back().text != ">-") continue;
    out.back().text.clear();
    folded = true;
    deep = depth(line);
  }
}

bool of_a_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::uint16_t free_port() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) == 0)
    getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  close(descriptor);
  return ntohs(address.sin_port);
}

pid_t start(const std::vector<std::string>& command, int in, int out) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  return pid;
}

}  // namespace

std::vector<Query> all_queries(const std::string& docker) {
  std::vector<Query> out;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(docker + "/grafana/dashboards"))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    const auto board = json::parse(text_of(file), nullptr, false);
    if (board.is_object()) take_exprs(board["panels"], file.filename().string(), out);
  }
  take_rules(text_of(docker + "/prometheus/alerts.yaml"), out);
  for (auto& query : out) replace_all(query.text, "$__rate_interval", "1m");
  return out;
}

std::vector<std::string> metrics_of(std::string_view query) {
  std::vector<std::string> out;
  bool quoted = false;
  for (std::size_t at = 0; at < query.size();) {
    if (query[at] == '"') quoted = !quoted;
    std::size_t end = at;
    while (end < query.size() && of_a_name(query[end])) ++end;
    const auto word = query.substr(at, end - at);
    if (!quoted && (word.starts_with("codecrucible_") || word.starts_with("process_")))
      out.emplace_back(word);
    at = end == at ? at + 1 : end;
  }
  return out;
}

bool needs_hardware(std::string_view metric) {
  return metric.starts_with("codecrucible_machine_gpu");
}

std::string without_threshold(std::string query) {
  // Both sides of an `or` are conditions.
  if (const auto other = query.find(" or "); other != std::string::npos) query.resize(other);
  for (const std::string_view sign : {" == ", " > ", " < "}) {
    const auto at = query.rfind(sign);
    if (at != std::string::npos) query.resize(at);
  }
  return query;
}

bool installed(const std::string& program) {
  const char* const path = std::getenv("PATH");
  std::istringstream places(path != nullptr ? path : "");
  for (std::string place; std::getline(places, place, ':');)
    if (access((place + "/" + program).c_str(), X_OK) == 0) return true;
  return false;
}

Ran run(const std::vector<std::string>& command, std::string_view input) {
  const auto directory = fs::temp_directory_path() / ("codecrucible-run-" + std::to_string(getpid()));
  fs::create_directories(directory);
  std::ofstream(directory / "in", std::ios::binary) << input;
  const int in = open((directory / "in").c_str(), O_RDONLY | O_CLOEXEC);
  const int out = open((directory / "out").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const pid_t pid = start(command, in, out);
  int status = 0;
  waitpid(pid, &status, 0);
  close(in);
  close(out);
  Ran ran{WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(directory / "out")};
  fs::remove_all(directory);
  return ran;
}

Prometheus::Prometheus(std::uint16_t gateway)
    : directory_(
          (fs::temp_directory_path() / ("codecrucible-prometheus-" + std::to_string(getpid()))).string()),
      port_(free_port()) {
  fs::create_directories(directory_);
  std::ofstream(directory_ + "/config.yaml") << "global:\n  scrape_interval: 1s\n  scrape_timeout: "
                                                "1s\nscrape_configs:\n  - job_name: codecrucible\n"
                                                "    static_configs:\n      - targets: ['127.0.0.1:"
                                             << gateway << "']\n";
  const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int out = open((directory_ + "/log").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  pid_ = start({"prometheus", "--config.file=" + directory_ + "/config.yaml",
                "--storage.tsdb.path=" + directory_ + "/data",
                "--web.listen-address=127.0.0.1:" + std::to_string(port_)},
               in, out);
  close(in);
  close(out);
}

Prometheus::~Prometheus() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

std::string Prometheus::said() const {
  return text_of(directory_ + "/log");
}

bool Prometheus::has_data(const std::string& query) const {
  std::string path = "/api/v1/query?query=";
  constexpr const char* digits = "0123456789ABCDEF";
  for (const char c : query) {
    const auto byte = static_cast<unsigned char>(c);
    if (of_a_name(c)) {
      path += c;
    } else {
      path += '%';
      path += digits[byte >> 4];
      path += digits[byte & 15];
    }
  }
  const auto answer = json::parse(codecrucible::house::ask(port_, "GET", path).body, nullptr, false);
  if (!answer.is_object() || answer.value("status", "") != "success") return false;
  const auto& result = answer["data"]["result"];
  return std::any_of(result.begin(), result.end(),
                     [](const json& series) { return series["value"][1].get<std::string>() != "NaN"; });
}

}  // namespace watching
