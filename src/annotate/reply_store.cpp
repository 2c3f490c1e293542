#include "annotate/reply_store.h"

#include <algorithm>
#include <set>

#include "angle/error.h"
#include "angle/io/checksum.h"
#include "angle/io/file.h"
#include "angle/io/line_reader.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

/// @param advice  what an Error ends with
ChatReply parse_record(const std::string& line, const std::string& where, const std::string& advice) {
  try {
    return from_record(parse_json_line(line, where), where);
  } catch (const Error& error) {
    fail("{}; {}", error.what(), advice);
  }
}

ChatReply parse_recorded(const std::string& line, const LineReader& lines) {
  return parse_record(line, lines.location(), "is this a file of recorded replies?");
}

}  // namespace

ReplyCache::ReplyCache(const fs::path& directory, const std::string& url)
    : directory_(directory / checksum(url)) {}

fs::path ReplyCache::file_of(const std::string& request) const { return directory_ / (request + ".json"); }

std::optional<ChatReply> ReplyCache::find(const ChatRequest& request) const {
  const fs::path file = file_of(request.hash);
  if (!fs::exists(file)) return std::nullopt;
  ChatReply reply =
      parse_record(read_file(file), file.string(), "remove the file, and the reply is asked for again");
  if (reply.request != request.hash)
    fail("{}: holds the reply to another request; remove the file", file.string());
  return reply;
}

void ReplyCache::store(const ChatReply& reply) const {
  fs::create_directories(directory_);
  write_file(file_of(reply.request), to_record(reply).dump() + "\n");
}

RecordedReplies::RecordedReplies(const fs::path& path) : path_(path) {
  LineReader lines(path);
  std::string line;
  while (lines.next(line)) {
    ChatReply reply = parse_recorded(line, lines);
    const auto [known, inserted] = replies_.try_emplace(reply.request, reply);
    if (!inserted && known->second.reply != reply.reply)
      fail("{}: another reply to the same request came before ({} of annotator {})", lines.location(),
           reply.prompt, reply.annotator);
  }
}

std::optional<ChatReply> RecordedReplies::find(const ChatRequest& request) const {
  const auto found = replies_.find(request.hash);
  if (found == replies_.end()) return std::nullopt;
  return found->second;
}

std::string RecordedReplies::why_missing(const ChatRequest& request) const {
  const auto same_text = std::find_if(replies_.begin(), replies_.end(), [&](const auto& entry) {
    return entry.second.prompt == request.prompt && entry.second.text == request.text;
  });
  if (same_text == replies_.end()) return fmt::format("{}: no recorded reply", path_.string());
  return fmt::format("{}: recorded, but with another {}", path_.string(),
                     same_text->second.prompt_hash != request.prompt_hash
                         ? "version of the prompt"
                         : "model, instruction, parameters or candidates");
}

void join_records(const fs::path& path, std::span<const ChatReply> replies) {
  std::string lines;
  std::set<std::string> known;
  if (fs::exists(path)) {
    LineReader reader(path);
    std::string line;
    while (reader.next(line)) {
      known.insert(parse_recorded(line, reader).request);
      lines += line + "\n";
    }
  }
  for (const ChatReply& reply : replies)
    if (known.insert(reply.request).second) lines += to_record(reply).dump() + "\n";
  write_file(path, lines);
}

}  // namespace angle
