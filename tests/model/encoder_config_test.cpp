// config.json of an encoder:
//  - numbers and names are read as Hugging Face writes them, with its defaults for what is missing or null;
//  - RoBERTa's positions begin behind the padding id, which shortens the longest text;
//  - every problem of a file is in one error, each once, with the value that was found;
//  - sizes beyond any model are refused by their number alone.

#include "angle/model/encoder_config.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "angle/io/json.h"

#include "support/expect_error.h"
#include "support/golden.h"

namespace angle {
namespace {

json good_config() {
  return {{"model_type", "bert"},         {"vocab_size", 100},        {"hidden_size", 12},
          {"num_hidden_layers", 2},       {"num_attention_heads", 3}, {"intermediate_size", 48},
          {"max_position_embeddings", 64}};
}

EncoderConfig parse(const char* key, const json& value) {
  json config = good_config();
  config[key] = value;
  return parse_encoder_config(config, "config.json");
}

TEST(EncoderConfig, ReadsWhatTransformersWrites) {
  ANGLE_REQUIRE_GOLDEN(directory, "models/tiny-xlmr");
  const EncoderConfig config = parse_encoder_config(read_json(directory / "config.json"), "config.json");
  EXPECT_EQ(config.architecture, Architecture::roberta);
  EXPECT_EQ(config.hidden_size, 32);
  EXPECT_EQ(config.num_attention_heads, 4);
  EXPECT_EQ(config.num_hidden_layers, 2);
  EXPECT_EQ(config.intermediate_size, 64);
  EXPECT_EQ(config.hidden_act, Activation::gelu);
  EXPECT_DOUBLE_EQ(config.layer_norm_eps, 1e-5);
}

TEST(EncoderConfig, RefusesDecoders) {
  for (const char* key : {"is_decoder", "add_cross_attention"}) {
    EXPECT_ERROR(parse(key, true), std::string(key) + ": true is not supported (supported: false)");
    EXPECT_NO_THROW(parse(key, false));
    EXPECT_NO_THROW(parse(key, nullptr));
  }
}

TEST(EncoderConfig, HasTheDefaultsOfTransformers) {
  const EncoderConfig config = parse_encoder_config(good_config(), "config.json");
  EXPECT_EQ(config.type_vocab_size, 2);
  EXPECT_EQ(config.pad_token_id, 0);
  EXPECT_EQ(config.hidden_act, Activation::gelu);
  EXPECT_DOUBLE_EQ(config.layer_norm_eps, 1e-12);
  EXPECT_DOUBLE_EQ(config.hidden_dropout_prob, 0.1);
  EXPECT_DOUBLE_EQ(config.attention_probs_dropout_prob, 0.1);
  for (const char* key : {"type_vocab_size", "pad_token_id", "hidden_act", "layer_norm_eps",
                          "hidden_dropout_prob", "position_embedding_type"})
    EXPECT_NO_THROW(parse(key, nullptr)) << key;
}

TEST(EncoderConfig, CountsPositionsOfRobertaFromThePaddingOn) {
  EXPECT_EQ(parse_encoder_config(good_config(), "config.json").first_position(), 0);
  EXPECT_EQ(parse_encoder_config(good_config(), "config.json").max_tokens(), 64);
  const EncoderConfig roberta = parse("model_type", "xlm-roberta");
  EXPECT_EQ(roberta.pad_token_id, 1);
  EXPECT_EQ(roberta.first_position(), 2);
  EXPECT_EQ(roberta.max_tokens(), 62);
}

TEST(EncoderConfig, KnowsTheActivations) {
  EXPECT_EQ(parse("hidden_act", "gelu").hidden_act, Activation::gelu);
  EXPECT_EQ(parse("hidden_act", "gelu_new").hidden_act, Activation::gelu_tanh);
  EXPECT_EQ(parse("hidden_act", "gelu_pytorch_tanh").hidden_act, Activation::gelu_tanh);
  EXPECT_EQ(parse("hidden_act", "relu").hidden_act, Activation::relu);
}

TEST(EncoderConfig, RefusesWhatIsNoObject) {
  EXPECT_ERROR(parse_encoder_config(json::array(), "m/config.json"), "m/config.json", "JSON object", "array");
}

TEST(EncoderConfig, ListsEveryMissingKey) {
  EXPECT_ERROR(parse_encoder_config(json::object(), "m/config.json"), "m/config.json", "model_type: missing",
               "vocab_size: missing", "hidden_size: missing", "num_hidden_layers: missing",
               "num_attention_heads: missing", "intermediate_size: missing",
               "max_position_embeddings: missing");
}

TEST(EncoderConfig, SaysNothingOfWhatFollowsFromAnotherProblem) {
  try {
    parse_encoder_config(json::object(), "config.json");
    FAIL() << "no error";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 7) << message;
    EXPECT_THAT(message, ::testing::Not(::testing::HasSubstr("divisible")));
    EXPECT_THAT(message, ::testing::Not(::testing::HasSubstr("room")));
  }
}

TEST(EncoderConfig, RefusesNumbersOfTheWrongType) {
  EXPECT_ERROR(parse("hidden_size", "12"), "hidden_size: expected an integer, found \"12\"");
  EXPECT_ERROR(parse("hidden_size", 12.5), "hidden_size: expected an integer, found 12.5");
  EXPECT_ERROR(parse("hidden_size", 1e308), "hidden_size: expected an integer, found 1e+308");
  EXPECT_ERROR(parse("hidden_size", true), "hidden_size: expected an integer, found true");
  EXPECT_ERROR(parse("layer_norm_eps", "1e-12"), "layer_norm_eps: expected a number", "found \"1e-12\"");
}

TEST(EncoderConfig, RefusesNumbersOutOfRange) {
  EXPECT_ERROR(parse("num_hidden_layers", 0), "num_hidden_layers: expected 1 to 1000, found 0");
  EXPECT_ERROR(parse("num_hidden_layers", 1000000000),
               "num_hidden_layers: expected 1 to 1000, found 1000000000");
  EXPECT_ERROR(parse("vocab_size", -5), "vocab_size: expected 1 to", "found -5");
  EXPECT_ERROR(parse("vocab_size", 18446744073709551615u), "vocab_size: expected 1 to",
               "found 18446744073709551615");
  EXPECT_ERROR(parse("hidden_dropout_prob", 1.5), "hidden_dropout_prob", "found 1.5");
  EXPECT_ERROR(parse("layer_norm_eps", -1.0), "layer_norm_eps", "found -1.0");
  EXPECT_ERROR(parse("layer_norm_eps", 0), "layer_norm_eps: expected a number from 1e-30 to 1, found 0");
  EXPECT_ERROR(parse("layer_norm_eps", 1e-50), "layer_norm_eps", "found 1e-50");
  EXPECT_EQ(parse("layer_norm_eps", 1e-30).layer_norm_eps, 1e-30);
  EXPECT_ERROR(parse("pad_token_id", -1), "pad_token_id", "found -1");
}

TEST(EncoderConfig, RefusesWhatDoesNotFitTogether) {
  EXPECT_ERROR(parse("num_attention_heads", 5), "hidden_size 12 is not divisible by num_attention_heads 5");
  EXPECT_ERROR(parse("max_position_embeddings", 1), "max_position_embeddings 1 leaves no room");
  EXPECT_ERROR(parse("pad_token_id", 100), "pad_token_id 100 is not below vocab_size 100");
}

TEST(EncoderConfig, SaysOfAnotherFamilyOnlyThatItIsOne) {
  const json distilbert = {{"model_type", "distilbert"}, {"dim", 32}, {"n_heads", 4}, {"n_layers", 2}};
  try {
    parse_encoder_config(distilbert, "config.json");
    FAIL() << "no error";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("model_type: \"distilbert\" is not supported"), std::string::npos);
    EXPECT_EQ(message.find("missing"), std::string::npos) << message;
  }
}

TEST(EncoderConfig, RefusesWhatItDoesNotImplement) {
  EXPECT_ERROR(parse("model_type", "gpt2"), "model_type: \"gpt2\" is not supported", "bert", "xlm-roberta");
  EXPECT_ERROR(parse("model_type", nullptr), "model_type: missing");
  EXPECT_ERROR(parse("model_type", 3), "model_type: 3 is not supported");
  EXPECT_ERROR(parse("hidden_act", "swish"), "hidden_act: \"swish\" is not supported", "gelu");
  EXPECT_ERROR(parse("position_embedding_type", "relative_key_query"),
               "position_embedding_type: \"relative_key_query\" is not supported", "absolute");
}

TEST(EncoderConfig, ReportsAllProblemsTogether) {
  json config = good_config();
  config["hidden_act"] = "swish";
  config["num_attention_heads"] = 5;
  config["position_embedding_type"] = "relative_key";
  config["vocab_size"] = "many";
  EXPECT_ERROR(parse_encoder_config(config, "config.json"), "hidden_act", "not divisible",
               "position_embedding_type", "vocab_size: expected an integer, found \"many\"");
}

}  // namespace
}  // namespace angle
