// The environment of several processes:
//  - torchrun's variables are read; without them a process is on its own;
//  - those of Open MPI and Slurm count only where MASTER_ADDR is set, and after torchrun's;
//  - what is missing or makes no sense is an error that names the variable.

#include "angle/distributed/launch_environment.h"

#include <map>

#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace angle {
namespace {

using ::testing::HasSubstr;

LaunchEnvironment read(const std::map<std::string, std::string>& variables) {
  return read_launch_environment([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

std::map<std::string, std::string> torchrun() {
  return {{"RANK", "3"},
          {"WORLD_SIZE", "4"},
          {"LOCAL_RANK", "1"},
          {"LOCAL_WORLD_SIZE", "2"},
          {"MASTER_ADDR", "node-0"},
          {"MASTER_PORT", "29500"},
          {"TORCHELASTIC_USE_AGENT_STORE", "True"},
          {"TORCHELASTIC_RESTART_COUNT", "2"}};
}

TEST(LaunchEnvironment, IsThatOfTorchrun) {
  const LaunchEnvironment environment = read(torchrun());
  EXPECT_EQ(environment.rank, 3);
  EXPECT_EQ(environment.size, 4);
  EXPECT_EQ(environment.local_rank, 1);
  EXPECT_EQ(environment.local_size, 2);
  EXPECT_EQ(environment.host, "node-0");
  EXPECT_EQ(environment.port, 29500);
  EXPECT_TRUE(environment.launcher_hosts_store);
  EXPECT_EQ(environment.attempt, "2");
}

TEST(LaunchEnvironment, IsAProcessOnItsOwnWithoutVariables) {
  EXPECT_EQ(read({}).size, 1);
  EXPECT_EQ(read({{"RANK", ""}, {"WORLD_SIZE", ""}}).size, 1);
  EXPECT_EQ(read({{"RANK", "0"}, {"WORLD_SIZE", "1"}}).size, 1);
}

TEST(LaunchEnvironment, LetsRankZeroHostTheStoreUnlessTheLauncherDoes) {
  for (const char* value : {"False", "", "1"}) {
    auto variables = torchrun();
    variables["TORCHELASTIC_USE_AGENT_STORE"] = value;
    EXPECT_FALSE(read(variables).launcher_hosts_store) << value;
  }
}

TEST(LaunchEnvironment, NeedsNoLocalRankAndNoRestartCount) {
  const LaunchEnvironment environment =
      read({{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "a"}, {"MASTER_PORT", "1"}});
  EXPECT_EQ(environment.local_rank, 0);
  EXPECT_EQ(environment.local_size, 1);
  EXPECT_EQ(environment.attempt, "0");
}

TEST(LaunchEnvironment, TakesThoseOfSlurmAndOpenMpiWithAPlaceToMeet) {
  std::map<std::string, std::string> slurm = {
      {"SLURM_PROCID", "5"}, {"SLURM_NTASKS", "8"}, {"SLURM_LOCALID", "1"}};
  EXPECT_EQ(read(slurm).size, 1);
  slurm.insert({{"MASTER_ADDR", "node-0"}, {"MASTER_PORT", "4000"}});
  EXPECT_EQ(read(slurm).rank, 5);
  EXPECT_EQ(read(slurm).size, 8);
  EXPECT_EQ(read(slurm).local_rank, 1);
  slurm.insert({{"OMPI_COMM_WORLD_RANK", "2"}, {"OMPI_COMM_WORLD_SIZE", "3"}});
  EXPECT_EQ(read(slurm).rank, 2);
  slurm.insert({{"RANK", "0"}, {"WORLD_SIZE", "2"}});
  EXPECT_EQ(read(slurm).size, 2);
}

TEST(LaunchEnvironment, NamesWhatIsMissing) {
  for (const char* name : {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"}) {
    auto variables = torchrun();
    variables.erase(name);
    EXPECT_ERROR(read(variables), std::string(name) + ": not set", "--processes");
  }
}

TEST(LaunchEnvironment, NamesWhatMakesNoSense) {
  const auto read_with = [](const char* name, const char* value) {
    auto variables = torchrun();
    variables[name] = value;
    return read(variables);
  };
  EXPECT_ERROR(read_with("RANK", "4"), "RANK: 4 in the environment, expected a number from 0 to 3");
  EXPECT_ERROR(read_with("RANK", "-1"), "RANK: -1");
  EXPECT_ERROR(read_with("WORLD_SIZE", "two"), "WORLD_SIZE: two");
  EXPECT_ERROR(read_with("WORLD_SIZE", "0"), "expected a number from 1");
  EXPECT_ERROR(read_with("MASTER_PORT", "70000"), "MASTER_PORT: 70000", "from 1 to 65535");
  EXPECT_ERROR(read_with("LOCAL_RANK", "1x"), "LOCAL_RANK: 1x");
}

}  // namespace
}  // namespace angle
