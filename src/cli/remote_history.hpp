#pragma once

#include "cli/http_client.hpp"
#include "gateway/history_filter.hpp"
#include "history/reader.hpp"

namespace codecrucible::cli {

// The history of a gateway elsewhere, read over /admin/history page by page. Of a filter only `limit` and
// `oldest_first` are looked at: the rest goes as `parameters`, in the words of the command line, so that
// spans count from the gateway's own clock.
class RemoteHistory final : public history::Reader {
 public:
  RemoteHistory(GatewayAddress gateway, gateway::Parameters parameters)
      : gateway_(std::move(gateway)), parameters_(std::move(parameters)) {}

  core::Result<void> read(const history::Filter& filter,
                          const std::function<bool(const history::Kept&)>& each) override;
  core::Result<history::Kept> find(const std::string& id) override;

 private:
  core::Result<std::string> page(const std::string& path) const;

  GatewayAddress gateway_;
  gateway::Parameters parameters_;
};

}  // namespace codecrucible::cli
