// Pictures that requests name by URL: fetched from listed servers, and from nobody else.
#include "house/answer.hpp"
#include "house/house.hpp"
#include "net/server.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <memory>

using namespace codecrucible;
using namespace codecrucible::house;
using nlohmann::json;

namespace {

const std::string pixel("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
constexpr const char* pixel_base64 = "iVBORw0KGgoAAAANSUhEUg==";

// A web server on this machine that is asked for pictures.
class Web {
 public:
  Web() {
    net::ServerSettings settings;
    settings.port = 0;
    settings.workers = 1;
    settings.stop_deadline = std::chrono::milliseconds(50);
    net::ServerHooks hooks;
    hooks.serve = [this](net::Exchange& exchange) { return serve(exchange); };
    server_ = net::make_server(settings, std::move(hooks));
    server_->start().value();
  }
  std::atomic<int> asked{0};
  std::uint16_t port() const { return server_->port(); }
  std::string url(const std::string& path) const {
    return "http://localhost:" + std::to_string(port()) + path;
  }

 private:
  net::task<> serve(net::Exchange& exchange) {
    ++asked;
    const auto path = exchange.target();
    net::ReplyHead head;
    head.content_type = "image/png";
    std::string body = pixel;
    if (path == "/slow") {
      const core::Duration long_time = std::chrono::seconds(20);
      head.extra = "x-slow: yes\r\n";
      exchange.begin(head);
      co_await exchange.write(body);
      co_await exchange.worker().sleep(long_time);
      co_return;
    }
    if (path == "/away") head.extra = "Location: /a.png?size=1\r\n";
    if (path == "/out") head.extra = "Location: http://metadata.example/secret\r\n";
    if (path == "/round") head.extra = "Location: /round\r\n";
    if (!head.extra.empty()) head.status = 302;
    if (path == "/text") body = "the-secret-behind";
    if (path == "/large") body += std::string(100'000, 'x');
    if (path == "/gone") head.status = 404;
    co_await exchange.reply(head, body);
  }

  std::unique_ptr<net::Server> server_;
};

Web& web() {
  static Web one;
  return one;
}

Plan with_images(const std::string& settings) {
  Plan plan;
  plan.adjust = [](simulator::Settings& server) {
    for (auto& model : server.models) model.vision = model.id == large || model.id == lm_vision;
  };
  plan.more = "security:\n  remoteImages: " + settings + "\n";
  return plan;
}

House& home() {
  static House one(
      with_images("{hosts: [localhost], privateNetworks: true, maxSize: 64KiB, timeout: 500ms}"));
  return one;
}

std::string openai_body(const char* model, const std::string& url) {
  return json{
      {"model", model},
      {"messages",
       {{{"role", "user"},
         {"content",
          {{{"type", "text"}, {"text", "look"}}, {{"type", "image_url"}, {"image_url", {{"url", url}}}}}}}}}}
      .dump();
}

Reply asked(const House& house, const char* model, const std::string& url) {
  return ask(house.port(), "POST", "/v1/chat/completions", openai_body(model, url));
}

std::string message_of(const Reply& reply) {
  const auto body = json::parse(reply.body, nullptr, false);
  REQUIRE_MESSAGE(body.is_object(), reply.body);
  return body.contains("error") ? body["error"]["message"].get<std::string>() : "";
}

}  // namespace

TEST_CASE("remote images: each kind of backend gets the picture itself, by whatever dialect it was named") {
  for (const char* const model : {lm_vision, large}) {
    for (const char* const path : {"/a.png?size=1", "/away"}) {
      CAPTURE(model);
      const auto reply = asked(home(), model, web().url(path));
      CHECK_MESSAGE(reply.status == 200, reply.body);
      auto& server = std::string_view(model) == large ? home().ollama() : home().lmstudio();
      CHECK(server.bodies().back().find(pixel_base64) != std::string::npos);
      CHECK(server.bodies().back().find("http://localhost") == std::string::npos);
    }
  }
  const auto messages = ask(
      home().port(), "POST", "/v1/messages",
      json{{"model", large},
           {"max_tokens", 100},
           {"messages",
            {{{"role", "user"},
              {"content",
               {{{"type", "image"}, {"source", {{"type", "url"}, {"url", web().url("/a.png?size=1")}}}}}}}}}}
          .dump());
  CHECK_MESSAGE(messages.status == 200, messages.body);
  CHECK(home().ollama().bodies().back().find(pixel_base64) != std::string::npos);
}

TEST_CASE("remote images: a conversation's picture is fetched once, not at each turn") {
  const auto turns = [](const House& house, const std::string& url) {
    json messages = json::array();
    const auto before = web().asked.load();
    for (int turn = 0; turn < 4; ++turn) {
      CAPTURE(turn);
      json content = json::array({{{"type", "text"}, {"text", "look, for the " + std::to_string(turn)}}});
      if (turn == 0) content.push_back({{"type", "image_url"}, {"image_url", {{"url", url}}}});
      messages.push_back({{"role", "user"}, {"content", content}});
      const auto reply = ask(house.port(), "POST", "/v1/chat/completions",
                             json{{"model", large}, {"messages", messages}}.dump());
      REQUIRE_MESSAGE(reply.status == 200, reply.body);
      messages.push_back(json::parse(reply.body)["choices"][0]["message"]);
    }
    return web().asked.load() - before;
  };
  const auto forgetful = with_images("{hosts: [localhost], privateNetworks: true, cacheSize: 0}");
  const House without(forgetful);
  CHECK(turns(without, web().url("/turns.png")) == 4);
  House house(with_images("{hosts: [localhost], privateNetworks: true}"));
  CHECK(turns(house, web().url("/turns.png")) == 1);
  CHECK(turns(house, web().url("/turns.png")) == 0);
  CHECK(turns(house, web().url("/other.png")) == 1);
  // It comes from the shelf only as long as it may be fetched.
  REQUIRE(house.apply("security:\n  remoteImages: {hosts: [images.example]}\n").has_value());
  CHECK(asked(house, large, web().url("/turns.png")).status == 400);
}

TEST_CASE(
    "remote images: what is no picture, too large, too slow or gone is the client's 400, told without a "
    "secret") {
  for (const char* const path : {"/text", "/large", "/slow", "/gone", "/out", "/round"}) {
    CAPTURE(path);
    const auto reply = asked(home(), large, web().url(path));
    CHECK(reply.status == 400);
    const auto message = message_of(reply);
    CHECK_MESSAGE(!message.empty(), reply.body);
    CHECK(message.find("secret-behind") == std::string::npos);
  }
  CHECK(asked(home(), large, "http://user:pass@localhost/a.png").status == 400);
}

TEST_CASE("remote images: servers that are not listed are not asked, by the gateway or by a backend") {
  const auto before = web().asked.load();
  const auto other = asked(home(), large, "http://127.0.0.1:" + std::to_string(web().port()) + "/a.png");
  CHECK(other.status == 400);
  CHECK(message_of(other).find("security.remoteImages.hosts") != std::string::npos);
  CHECK(web().asked == before);
  const House plain;
  const auto none = asked(plain, lm_vision, web().url("/a.png?size=1"));
  CHECK(none.status == 400);
  CHECK(message_of(none).find("data: URL") != std::string::npos);
  CHECK(web().asked == before);
}

TEST_CASE("remote images: a listed name that leads into a private network is refused") {
  const auto before = web().asked.load();
  const House strict(with_images("{hosts: [localhost, 127.0.0.1]}"));
  for (const char* const host : {"localhost", "127.0.0.1"}) {
    CAPTURE(host);
    const auto reply = asked(strict, lm_vision,
                             "http://" + std::string(host) + ":" + std::to_string(web().port()) + "/a.png");
    CHECK(reply.status == 400);
    CHECK(message_of(reply).find("private network") != std::string::npos);
  }
  CHECK(web().asked == before);
}
