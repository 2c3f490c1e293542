// Asserts that a statement throws angle::Error with all of a list of fragments in its message.
#pragma once

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/error.h"

#define EXPECT_ERROR(statement, ...)                                          \
  try {                                                                       \
    statement;                                                                \
    ADD_FAILURE() << "no error from " #statement;                             \
  } catch (const ::angle::Error& error) {                                     \
    for (const std::string& fragment : std::vector<std::string>{__VA_ARGS__}) \
      EXPECT_THAT(std::string(error.what()), ::testing::HasSubstr(fragment)); \
  }
