// Drives one HTTP server with chat requests and says what it cost, as one line of JSON.
//   driver requests PORT PATH MODEL STREAM(0|1) CONNECTIONS SECONDS [PID...]   closed loop
//   driver latency  PORT PATH MODEL STREAM(0|1) COUNT [PID...]     one connection, each request timed
//   driver open     PORT PATH MODEL RATE CONNECTIONS SECONDS [PID...]   fixed arrival times, latency from
//                                                                       arrival
//   driver vary     as open, each with another prompt, and asleep between arrivals
//   driver paced    PORT PATH MODEL STREAMS SECONDS [PID...]       streams held open, events counted
//   driver hold     PORT PATH MODEL EVENTS COUNT,COUNT... SECONDS [PID...]   so many streams opened, memory
//                   read, then more …; all held for so long, then heard to their end: each must bring EVENTS
// PIDs: the processes under test, with all their threads; their on-CPU time and memory are read around the
// window.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

double micros(Clock::duration span) {
  return std::chrono::duration<double, std::micro>(span).count();
}

// On-CPU nanoseconds of all threads of the processes (scheduler's own account, not clock ticks).
double cpu_nanoseconds(const std::vector<int>& pids) {
  double total = 0;
  for (const int pid : pids) {
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", error)) {
      std::ifstream stat(entry.path() / "schedstat");
      double on_cpu = 0;
      if (stat >> on_cpu) total += on_cpu;
    }
  }
  return total;
}

double resident_kilobytes(const std::vector<int>& pids) {
  double total = 0;
  for (const int pid : pids) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    std::string word;
    while (status >> word) {
      if (word == "VmRSS:") {
        double kilobytes = 0;
        status >> kilobytes;
        total += kilobytes;
      }
    }
  }
  return total;
}

struct Connection {
  int fd = -1;
  std::string in;
  std::size_t body_left = 0;
  bool in_body = false;
  bool chunked = false;
  bool busy = false;
  bool first_byte = false;
  unsigned events = 0;
  Clock::time_point began;
};

// Stands in the prompt, to be replaced.
constexpr std::string_view varying = "0123456789abcdef";

std::string request_text(std::string_view path, std::string_view model, bool stream, bool vary) {
  const std::string body =
      R"({"model":")" + std::string(model) + R"(","stream":)" + (stream ? "true" : "false") +
      R"(,"messages":[{"role":"system","content":"You are a careful assistant for developers."},{"role":"user","content":"Write a function that takes a list of orders and gives back the sum of all open positions per customer, sorted by amount; keep it short, explain nothing, and use no library beyond the standard one, please.)" +
      (vary ? " Order " + std::string(varying) : "") + R"("}],"temperature":0.2,"max_tokens":256})";
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: driver\r\nAccept: application/json\r\nContent-Type: "
         "application/json\r\nAuthorization: Bearer none\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

class Driver {
 public:
  Driver(std::uint16_t port, std::string request)
      : port_(port), request_(std::move(request)), poll_(epoll_create1(0)) {}

  // From now on each request's prompt differs from all others, of other runs too.
  void vary() {
    vary_at_ = request_.find(varying);
    next_ = static_cast<std::uint64_t>(Clock::now().time_since_epoch().count()) / 1000;
  }

  void open(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      connections_.push_back({});
      connect_one(connections_.size() - 1);
    }
  }

  void send_on(std::size_t index) {
    auto& c = connections_[index];
    if (vary_at_ != std::string::npos) {
      char number[varying.size() + 1];
      std::snprintf(number, sizeof number, "%016llx", static_cast<unsigned long long>(++next_));
      request_.replace(vary_at_, varying.size(), number);
    }
    c.busy = true;
    c.first_byte = false;
    c.events = 0;
    c.began = Clock::now();
    if (::send(c.fd, request_.data(), request_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request_.size()))
      ++errors;
  }

  // Waits up to `wait`, reads, and calls done(index) for each finished reply.
  template <class Done>
  void turn(int wait_ms, Done done) {
    turn(Clock::duration(std::chrono::milliseconds(wait_ms)), done);
  }
  template <class Done>
  void turn(Clock::duration wait, Done done) {
    std::array<epoll_event, 256> ready;
    const auto ns = std::max<std::int64_t>(0, wait.count());
    const timespec span{ns / 1'000'000'000, ns % 1'000'000'000};
    const int count = epoll_pwait2(poll_, ready.data(), static_cast<int>(ready.size()), &span, nullptr);
    for (int i = 0; i < count; ++i) {
      const auto index = static_cast<std::size_t>(ready[static_cast<std::size_t>(i)].data.u64);
      if (read_on(index)) done(index);
    }
  }

  std::vector<Connection>& connections() { return connections_; }
  std::string_view event_mark = "data: ";  // what every event holds once
  bool reconnects = true;                  // where the other side has closed
  std::uint64_t lost = 0;                  // closed by the other side before a reply's end
  std::uint64_t errors = 0;
  std::uint64_t events = 0;
  std::vector<double> first_byte_us;

 private:
  void connect_one(std::size_t index) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      std::perror("driver: connect");
      std::exit(1);
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event);
    connections_[index] = {};
    connections_[index].fd = fd;
  }

  bool read_on(std::size_t index) {
    auto& c = connections_[index];
    char buffer[65536];
    const auto got = recv(c.fd, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EAGAIN) return false;
    if (got <= 0) {
      ++errors;
      close(c.fd);
      c.fd = -1;
      const bool cut = std::exchange(c.busy, false);
      if (cut) ++lost;
      if (reconnects) connect_one(index);
      return cut;
    }
    if (c.busy && !c.first_byte) {
      c.first_byte = true;
      first_byte_us.push_back(micros(Clock::now() - c.began));
    }
    // From where a mark may lie that the read before cut in two.
    const std::size_t from = c.in.size() - std::min(c.in.size(), event_mark.size() - 1);
    c.in.append(buffer, static_cast<std::size_t>(got));
    for (std::size_t at = c.in.find(event_mark, from); at != std::string::npos;
         at = c.in.find(event_mark, at + 1)) {
      ++events;
      ++c.events;
    }
    return reply_ended(c);
  }

  bool reply_ended(Connection& c) {
    if (!c.in_body) {
      const auto end = c.in.find("\r\n\r\n");
      if (end == std::string::npos) return false;
      if (c.in.compare(9, 3, "200") != 0) {
        if (++errors == 1) std::fprintf(stderr, "driver: %.600s\n", c.in.c_str());
      }
      std::string head = c.in.substr(0, end);
      std::transform(head.begin(), head.end(), head.begin(),
                     [](unsigned char ch) { return std::tolower(ch); });
      const auto length = head.find("content-length: ");
      c.chunked = length == std::string::npos;
      c.body_left = c.chunked ? 0 : std::strtoul(head.c_str() + length + 16, nullptr, 10);
      c.in.erase(0, end + 4);
      c.in_body = true;
    }
    const bool ended =
        c.chunked ? c.in.ends_with("0\r\n\r\n") && (c.in.size() == 5 || c.in.ends_with("\n0\r\n\r\n"))
                  : c.in.size() >= c.body_left;
    if (ended) {
      c.in.clear();
      c.in_body = false;
      c.busy = false;
    } else if (c.chunked && c.in.size() > 64) {
      c.in.erase(0, c.in.size() - 16);
    }
    return ended;
  }

  std::uint16_t port_;
  std::string request_;
  std::size_t vary_at_ = std::string::npos;
  std::uint64_t next_ = 0;
  int poll_;
  std::vector<Connection> connections_;
};

double percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto at =
      std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

struct Window {
  explicit Window(std::vector<int> processes) : pids(std::move(processes)) { restart(); }
  void restart() {
    began = Clock::now();
    cpu = cpu_nanoseconds(pids);
  }
  double cpu_us() const { return (cpu_nanoseconds(pids) - cpu) / 1000; }
  double seconds() const { return Seconds(Clock::now() - began).count(); }
  std::vector<int> pids;
  Clock::time_point began;
  double cpu = 0;
};

void print(std::uint64_t finished, Driver& driver, std::vector<double>& latency, double seconds,
           double cpu_us, double rss) {
  std::printf(
      R"({"finished":%llu,"errors":%llu,"events":%llu,"seconds":%.3f,"cpu_us":%.0f,"cpu_us_per_request":%.3f,"cpu_us_per_event":%.3f,"p50_us":%.1f,"p99_us":%.1f,"first_p50_us":%.1f,"first_p99_us":%.1f,"rss_kb":%.0f})"
      "\n",
      static_cast<unsigned long long>(finished), static_cast<unsigned long long>(driver.errors),
      static_cast<unsigned long long>(driver.events), seconds, cpu_us,
      finished > 0 ? cpu_us / static_cast<double>(finished) : 0,
      driver.events > 0 ? cpu_us / static_cast<double>(driver.events) : 0, percentile(latency, 0.5),
      percentile(latency, 0.99), percentile(driver.first_byte_us, 0.5),
      percentile(driver.first_byte_us, 0.99), rss);
}

void closed_loop(Driver& driver, std::size_t connections, double seconds, std::vector<int> pids) {
  driver.open(connections);
  for (std::size_t i = 0; i < connections; ++i) driver.send_on(i);
  std::uint64_t finished = 0;
  std::vector<double> latency;
  Window window(std::move(pids));
  const double warm_up = std::min(1.0, seconds / 4);
  bool warm = false;
  while (window.seconds() < seconds) {
    if (!warm && window.seconds() > warm_up) {
      warm = true;
      finished = 0;
      driver.events = 0;
      latency.clear();
      driver.first_byte_us.clear();
      seconds -= warm_up;
      window.restart();
    }
    driver.turn(10, [&](std::size_t index) {
      ++finished;
      latency.push_back(micros(Clock::now() - driver.connections()[index].began));
      driver.send_on(index);
    });
  }
  print(finished, driver, latency, window.seconds(), window.cpu_us(), resident_kilobytes(window.pids));
}

void one_by_one(Driver& driver, std::size_t count, std::vector<int> pids) {
  driver.open(1);
  std::vector<double> latency;
  const std::size_t warm_up = count / 10;
  Window window(std::move(pids));
  for (std::size_t i = 0; i < count + warm_up; ++i) {
    if (i == warm_up) {
      latency.clear();
      driver.first_byte_us.clear();
      driver.events = 0;
      window.restart();
    }
    driver.send_on(0);
    bool ended = false;
    while (!ended) {
      driver.turn(1000, [&](std::size_t) { ended = true; });
    }
    latency.push_back(micros(Clock::now() - driver.connections()[0].began));
  }
  print(count, driver, latency, window.seconds(), window.cpu_us(), resident_kilobytes(window.pids));
}

// `sleeps`: leaves the processor to others between arrivals, which costs some precision.
void open_loop(Driver& driver, double rate, std::size_t connections, double seconds, bool sleeps,
               std::vector<int> pids) {
  driver.open(connections);
  std::vector<std::size_t> free;
  for (std::size_t i = 0; i < connections; ++i) free.push_back(i);
  std::deque<Clock::time_point> waiting;
  std::vector<Clock::time_point> arrived(connections);
  std::vector<double> latency;
  std::uint64_t finished = 0;
  Window window(std::move(pids));
  const auto step = std::chrono::duration_cast<Clock::duration>(Seconds(1 / rate));
  auto next = window.began;
  while (window.seconds() < seconds) {
    for (const auto now = Clock::now(); next <= now; next += step) waiting.push_back(next);
    while (!waiting.empty() && !free.empty()) {
      arrived[free.back()] = waiting.front();
      waiting.pop_front();
      driver.send_on(free.back());
      free.pop_back();
    }
    const auto pause = sleeps ? next - Clock::now() : Clock::duration::zero();
    driver.turn(pause, [&](std::size_t index) {
      ++finished;
      latency.push_back(micros(Clock::now() - arrived[index]));
      free.push_back(index);
    });
  }
  print(finished, driver, latency, window.seconds(), window.cpu_us(), resident_kilobytes(window.pids));
}

void paced(Driver& driver, std::size_t streams, double seconds, std::vector<int> pids) {
  driver.open(streams);
  std::vector<double> none;
  const auto turn = [&](int wait) { driver.turn(wait, [&](std::size_t index) { driver.send_on(index); }); };
  // Started spread over a second, so that the streams' beats do not coincide.
  for (std::size_t i = 0; i < streams; ++i) {
    driver.send_on(i);
    turn(0);
    usleep(static_cast<unsigned>(1'000'000 / streams));
  }
  Window window(std::move(pids));
  driver.events = 0;
  while (window.seconds() < seconds) turn(10);
  print(streams, driver, none, window.seconds(), window.cpu_us(), resident_kilobytes(window.pids));
}

std::vector<std::size_t> numbers_of(std::string_view list) {
  std::vector<std::size_t> numbers;
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    numbers.push_back(std::stoul(std::string(list.substr(0, comma))));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return numbers;
}

void hold(Driver& driver, unsigned wanted, const std::vector<std::size_t>& counts, double seconds,
          const std::vector<int>& pids) {
  driver.reconnects = false;
  std::size_t ended = 0, whole = 0, open = 0;
  const auto turn = [&](int wait) {
    driver.turn(wait, [&](std::size_t index) {
      ++ended;
      const auto& c = driver.connections()[index];
      if (c.fd >= 0 && c.events >= wanted) ++whole;
    });
  };
  const auto wait = [&](double span) {
    for (const auto began = Clock::now(); Seconds(Clock::now() - began).count() < span;) turn(10);
  };
  const auto silent = [&] {
    return std::any_of(driver.connections().begin(), driver.connections().end(),
                       [](const Connection& c) { return c.busy && !c.first_byte; });
  };
  wait(1);
  const double idle = resident_kilobytes(pids);
  std::string steps;
  for (const std::size_t count : counts) {
    for (; open < count; ++open) {
      driver.open(1);
      driver.send_on(open);
      turn(0);
      usleep(500);
    }
    for (const auto began = Clock::now(); silent() && Seconds(Clock::now() - began).count() < 20;) turn(10);
    wait(2);
    char step[96];
    std::snprintf(step, sizeof step, R"(%s{"streams":%zu,"running":%zu,"rss_kb":%.0f})",
                  steps.empty() ? "" : ",", count, open - ended, resident_kilobytes(pids));
    steps += step;
  }
  Window window(pids);
  driver.events = 0;
  wait(seconds);
  const std::size_t held = open - ended;
  const double cpu = window.cpu_us() / std::max(1.0, static_cast<double>(driver.events));
  const double rate = static_cast<double>(driver.events) / window.seconds();
  for (const auto began = Clock::now(); ended < open && Seconds(Clock::now() - began).count() < 120;)
    turn(10);
  wait(2);
  std::printf(
      R"({"idle_kb":%.0f,"steps":[%s],"held":%zu,"whole":%zu,"ended":%zu,"lost":%llu,"errors":%llu,"events_per_second":%.0f,"cpu_us_per_event":%.2f,"first_p50_us":%.0f,"first_p99_us":%.0f,"after_kb":%.0f})"
      "\n",
      idle, steps.c_str(), held, whole, ended, static_cast<unsigned long long>(driver.lost),
      static_cast<unsigned long long>(driver.errors), rate, cpu, percentile(driver.first_byte_us, 0.5),
      percentile(driver.first_byte_us, 0.99), resident_kilobytes(pids));
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.size() < 6) {
    std::fprintf(stderr, "usage: see the head of driver.cpp\n");
    return 2;
  }
  rlimit files{65536, 65536};
  setrlimit(RLIMIT_NOFILE, &files);
  const auto port = static_cast<std::uint16_t>(std::stoi(args[1]));
  const auto pids_from = [&](std::size_t first) {
    std::vector<int> pids;
    for (std::size_t i = first; i < args.size(); ++i) pids.push_back(std::stoi(args[i]));
    return pids;
  };
  const std::string& mode = args[0];
  const bool stream =
      mode == "paced" || mode == "hold" || (mode != "open" && mode != "vary" && args[4] == "1");
  Driver driver(port, request_text(args[2], args[3], stream, mode == "vary"));
  if (args[2].starts_with("/api/")) driver.event_mark = "\"done\":";
  if (mode == "vary") driver.vary();
  if (mode == "requests") {
    closed_loop(driver, std::stoul(args[5]), std::stod(args[6]), pids_from(7));
  } else if (mode == "latency") {
    one_by_one(driver, std::stoul(args[5]), pids_from(6));
  } else if (mode == "open" || mode == "vary") {
    open_loop(driver, std::stod(args[4]), std::stoul(args[5]), std::stod(args[6]), mode == "vary",
              pids_from(7));
  } else if (mode == "paced") {
    paced(driver, std::stoul(args[4]), std::stod(args[5]), pids_from(6));
  } else if (mode == "hold") {
    hold(driver, static_cast<unsigned>(std::stoul(args[4])), numbers_of(args[5]), std::stod(args[6]),
         pids_from(7));
  } else {
    return 2;
  }
}
