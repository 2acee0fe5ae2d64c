package dev.hone.model.family;

import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.Decoder;
import dev.hone.model.Embedding;
import dev.hone.model.Embeddings;
import dev.hone.model.Head;
import dev.hone.model.LayerKind;
import dev.hone.model.Mlp;
import dev.hone.model.Parts;
import dev.hone.model.Qkv;
import dev.hone.model.Rope;
import dev.hone.model.RopeReader;
import dev.hone.store.Config;
import java.util.List;

/**
 * Phi-1, 1.5 and 2: attention and feed-forward side by side, biases everywhere (arXiv:2309.05463).
 */
final class Phi implements Family {
  @Override
  public List<String> architectures() {
    return List.of("PhiForCausalLM", "PhiForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "model.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    LlamaModules modules = LlamaModules.of(config, parts);
    Sizes sizes = modules.sizes();
    double eps = config.optionalDouble("layer_norm_eps").orElse(1e-5);
    Rope rope = RopeReader.partly(config, 0.5).read(sizes.headWidth());
    Embedding tokens = parts.embedding("model.embed_tokens", sizes.vocabulary(), sizes.hidden());
    List<Block> blocks = modules.blocks(layer -> block(modules, layer, eps));
    return new Decoder(
        Embeddings.of(tokens, 1, config.optionalDouble("embd_pdrop").orElse(0)),
        List.of(LayerKind.rotary(null, rope)),
        blocks,
        parts.layerNorm("model.final_layernorm", sizes.hidden(), eps),
        sizes.hidden(),
        sizes.positions());
  }

  private static Block block(LlamaModules modules, int layer, double eps) {
    Parts parts = modules.parts();
    Sizes sizes = modules.sizes();
    String at = LlamaModules.at(layer);
    Qkv qkv = modules.qkv(layer, true);
    if (modules.flag("qk_layernorm")) {
      qkv =
          new Qkv.Normed(
              qkv,
              parts.layerNorm(at + "self_attn.q_layernorm", sizes.headWidth(), eps),
              parts.layerNorm(at + "self_attn.k_layernorm", sizes.headWidth(), eps),
              sizes.headWidth());
    }
    return new Block.Parallel(
        parts.layerNorm(at + "input_layernorm", sizes.hidden(), eps),
        modules.attention(layer, qkv, "dense", true),
        null,
        new Mlp.Plain(
            parts.linear(at + "mlp.fc1", sizes.hidden(), sizes.inner(), true),
            modules.activation("hidden_act", "gelu_new"),
            parts.linear(at + "mlp.fc2", sizes.inner(), sizes.hidden(), true)),
        modules.config().optionalDouble("resid_pdrop").orElse(0),
        false);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.UNTIED.biased().of(architecture, config, backbone, parts);
  }
}
