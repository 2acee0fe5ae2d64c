package dev.hone.model.family;

import dev.hone.model.Activation;
import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.Decoder;
import dev.hone.model.Embedding;
import dev.hone.model.Embeddings;
import dev.hone.model.Head;
import dev.hone.model.LayerKind;
import dev.hone.model.Mlp;
import dev.hone.model.MultiHeadAttention;
import dev.hone.model.Parts;
import dev.hone.model.Qkv;
import dev.hone.model.Window;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import tools.jackson.databind.JsonNode;

/** GPT-Neo: GPT-2 with scores that are not scaled, and a window on every other layer. */
final class GptNeo implements Family {
  @Override
  public List<String> architectures() {
    return List.of("GPTNeoForCausalLM", "GPTNeoForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "transformer.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    int hidden = config.intValue("hidden_size");
    int layers = Options.layers(config, "num_layers", "num_hidden_layers");
    int positions = config.intValue("max_position_embeddings");
    double eps = config.optionalDouble("layer_norm_epsilon").orElse(1e-5);
    Embedding tokens = parts.embedding("transformer.wte", config.intValue("vocab_size"), hidden);
    Embedding places = parts.embedding("transformer.wpe", positions, hidden);
    List<String> types = types(config, layers);
    Integer window = config.optionalInt("window_size").orElse(256);
    Window local = Objects.requireNonNull(LayerTypes.common(config, window));
    Kinds kinds = new Kinds();
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      Window seen = types.get(layer).equals("local") ? local : null;
      blocks.add(block(config, parts, layer, hidden, eps, kinds.of(LayerKind.rotary(seen, null))));
    }
    return new Decoder(
        Embeddings.of(tokens, places, config.optionalDouble("embed_dropout").orElse(0)),
        kinds.all(),
        blocks,
        parts.layerNorm("transformer.ln_f", hidden, eps),
        hidden,
        positions);
  }

  /** {@code attention_layers}, or {@code attention_types}: [[["global", "local"], 12]]. */
  private static List<String> types(Config config, int layers) {
    List<String> types = new ArrayList<>(config.texts("attention_layers"));
    if (types.isEmpty() && config.has("attention_types")) {
      for (JsonNode item : config.json().path("attention_types")) {
        int times = Math.min(item.path(1).asInt(0), layers + 1); // more are too many already
        for (int time = 0; time < times && types.size() <= layers; time++) {
          item.path(0).forEach(name -> types.add(name.asString("")));
        }
      }
    } else if (types.isEmpty()) {
      for (int layer = 0; layer < 24; layer++) {
        types.add(layer % 2 == 0 ? "global" : "local");
      }
    }
    if (types.size() != layers || !List.of("global", "local").containsAll(types)) {
      throw config.wrong(
          config.has("attention_layers") ? "attention_layers" : "attention_types",
          "'global' or 'local' for each of " + layers + " layers");
    }
    return types;
  }

  private static Block block(
      Config config, Parts parts, int layer, int hidden, double eps, int kind) {
    String at = "transformer.h." + layer + ".";
    int heads = Options.firstInt(config, "num_heads", "num_attention_heads");
    int inner = config.optionalInt("intermediate_size").orElse(4 * hidden);
    return new Block.PreNorm(
        parts.layerNorm(at + "ln_1", hidden, eps),
        new MultiHeadAttention(
                layer,
                new Qkv.Separate(
                    parts.linear(at + "attn.attention.q_proj", hidden, hidden, false),
                    parts.linear(at + "attn.attention.k_proj", hidden, hidden, false),
                    parts.linear(at + "attn.attention.v_proj", hidden, hidden, false)),
                parts.linear(at + "attn.attention.out_proj", hidden, hidden, true),
                heads,
                heads,
                Options.headWidth(config, hidden, heads),
                config.optionalDouble("attention_dropout").orElse(0))
            .scaled(1, 0)
            .ofKind(kind),
        parts.layerNorm(at + "ln_2", hidden, eps),
        new Mlp.Plain(
            parts.linear(at + "mlp.c_fc", hidden, inner, true),
            Activation.named(config.optionalText("activation_function").orElse("gelu_new")),
            parts.linear(at + "mlp.c_proj", inner, hidden, true)),
        config.optionalDouble("resid_dropout").orElse(0));
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.TIED.of(architecture, config, backbone, parts);
  }
}
