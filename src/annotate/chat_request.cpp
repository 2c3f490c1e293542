#include "angle/annotate/chat_request.h"

#include "angle/io/checksum.h"

namespace angle {

ChatRequest make_chat_request(const AnnotatorConfig& annotator, const std::string& instruction,
                              const std::string& question) {
  ChatRequest request;
  request.body = annotator.parameters;
  request.body["model"] = annotator.model;
  request.body["messages"] = json::array();
  if (!instruction.empty())
    request.body["messages"].push_back({{"role", "system"}, {"content", instruction}});
  request.body["messages"].push_back({{"role", "user"}, {"content", question}});
  request.hash = checksum(request.body.dump());
  return request;
}

}  // namespace angle
