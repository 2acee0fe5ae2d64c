package dev.hone.model;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.config.Range;
import dev.hone.store.Config;
import java.nio.file.Path;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** A Llama-type model to be trained from random weights, with a tokenizer of its own. */
@Name("llama")
@Doc("A Llama-type decoder")
public record NewModelConfig(
    @Range(min = 8) int hiddenSize,
    @Range(min = 1) int layers,
    @Range(min = 1) int heads,
    @Range(min = 1) int keyValueHeads,
    @Range(min = 8) int intermediateSize,
    @Doc("Tokens of the byte-level BPE tokenizer, special tokens included") @Range(min = 300)
        int vocabSize,
    @Doc("Context in tokens") @Range(min = 8) int maxPositions,
    @Range(min = 1) double ropeTheta,
    @Doc("Standard deviation of the random weights") @Range(min = 0, max = 1) double initStd)
    implements NewModel {

  public static NewModelConfig defaults() {
    return new NewModelConfig(256, 8, 8, 4, 688, 6144, 512, 10000, 0.02);
  }

  @Override
  public Config config(int endOfText, int pad) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.putArray("architectures").add("LlamaForCausalLM");
    json.put("model_type", "llama");
    json.put("hidden_size", hiddenSize);
    json.put("num_hidden_layers", layers);
    json.put("num_attention_heads", heads);
    json.put("num_key_value_heads", keyValueHeads);
    json.put("head_dim", hiddenSize / heads);
    json.put("intermediate_size", intermediateSize);
    json.put("vocab_size", vocabSize);
    json.put("max_position_embeddings", maxPositions);
    json.put("rope_theta", ropeTheta);
    json.put("initializer_range", initStd);
    json.put("hidden_act", "silu");
    json.put("rms_norm_eps", 1e-5);
    json.put("attention_bias", false);
    json.put("mlp_bias", false);
    json.put("attention_dropout", 0.0);
    json.put("tie_word_embeddings", true);
    json.put("bos_token_id", endOfText);
    json.put("eos_token_id", endOfText);
    json.put("pad_token_id", pad);
    json.put("use_cache", true);
    return Config.of(Path.of("newModel"), json);
  }
}
