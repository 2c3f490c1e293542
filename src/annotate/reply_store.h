// Replies that are already there: the cache of a server's, and recorded ones.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "angle/annotate/chat_reply.h"

namespace angle {

/// Replies of one endpoint on disk, one file for each request, named by its hash. Files appear complete or
/// not at all, so a run that was killed has lost nothing that was answered. Safe from several threads, as
/// long as no two store the same request at a time.
class ReplyCache {
 public:
  /// @param directory  of all endpoints; made when the first reply is stored
  ReplyCache(const std::filesystem::path& directory, const std::string& url);

  /// Error when there is a file, but not one that this class wrote for the request; says that it can go.
  std::optional<ChatReply> find(const ChatRequest& request) const;

  void store(const ChatReply& reply) const;

  const std::filesystem::path& directory() const { return directory_; }

 private:
  std::filesystem::path file_of(const std::string& request) const;

  std::filesystem::path directory_;
};

/// A file of recorded replies, by the hash of the request.
class RecordedReplies {
 public:
  /// Error `path:line: …` for a line that is no record, and for two different replies to one request.
  explicit RecordedReplies(const std::filesystem::path& path);

  std::optional<ChatReply> find(const ChatRequest& request) const;

  /// Why there is none: whether the same was asked with another prompt, model or parameters.
  std::string why_missing(const ChatRequest& request) const;

 private:
  std::filesystem::path path_;
  std::map<std::string, ChatReply> replies_;
};

/// Adds replies to a file of recorded ones, which need not be there: all lines that are there stay, and a
/// request that has a reply there keeps it, so that the file can always be replayed. Error as of
/// RecordedReplies, and then the file is as it was.
void join_records(const std::filesystem::path& path, std::span<const ChatReply> replies);

}  // namespace angle
