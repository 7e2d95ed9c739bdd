#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace codecrucible::config {

struct WatchSettings {
  std::string path;
  // Quiet time after the last change before the file is read: editors write in several steps.
  std::chrono::milliseconds settle{50};
  // Longest wait while changes go on and on.
  std::chrono::milliseconds at_most{500};
};

// Tells when the text of a file changed, however it was done: written in place, another file renamed over it,
// removed and made again, or a link on the way to it turned elsewhere (as Kubernetes does with mounted
// configs). Own thread; the callback runs there, with the new text, and only if the text really differs from
// the last one told. Destroying the watch waits for a running callback.
class Watch {
 public:
  virtual ~Watch() = default;
};

// `text_now` is what the caller has loaded already. Null if the kernel refuses to watch (then `trouble` says
// why).
std::unique_ptr<Watch> watch(WatchSettings settings, std::string text_now,
                             std::function<void(std::string text)> changed, std::string& trouble);

}  // namespace codecrucible::config
