package dev.hone.model.family;

import dev.hone.model.Backbone;
import dev.hone.model.Head;
import dev.hone.model.LayerKind;
import dev.hone.model.Parts;
import dev.hone.model.Rope;
import dev.hone.model.RopeReader;
import dev.hone.store.Config;
import java.util.List;

/**
 * Gemma 3, text only: Gemma 2 without the cap on scores, with norms on queries and keys, and a
 * rotary base of its own for sliding layers (arXiv:2503.19786).
 */
final class Gemma3 implements Family {
  @Override
  public List<String> architectures() {
    return List.of("Gemma3ForCausalLM", "Gemma3TextForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "model.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    LlamaModules modules = Gemma.modules(config, parts);
    if (config.has("attn_logit_softcapping")) {
      throw config.wrong("attn_logit_softcapping", "null: Gemma 3 does not cap its scores");
    }
    int every = pattern(config);
    LayerTypes types =
        LayerTypes.read(
            config,
            modules.sizes().layers(),
            Options.nullableInt(config, "sliding_window", 4096),
            layer -> (layer + 1) % every != 0);
    Rope full = rope(config, LayerTypes.FULL, "rope_theta", 1e6, modules.sizes().headWidth());
    Rope local =
        rope(config, LayerTypes.SLIDING, "rope_local_base_freq", 1e4, modules.sizes().headWidth());
    boolean bias = modules.flag("attention_bias");
    Kinds kinds = new Kinds();
    return modules.decoder(
        Math.sqrt(modules.sizes().hidden()),
        kinds,
        layer ->
            Gemma2.block(
                modules,
                layer,
                modules
                    .attention(layer, modules.headNormed(layer, modules.qkv(layer, bias)), bias)
                    .scaled(Gemma2.scale(config), 0)
                    .ofKind(
                        kinds.of(
                            types.slides(layer)
                                ? LayerKind.rotary(types.window(layer), local)
                                : LayerKind.rotary(null, full)))));
  }

  private static int pattern(Config config) {
    String key =
        config.has("sliding_window_pattern") ? "sliding_window_pattern" : "_sliding_window_pattern";
    return Options.positive(config, key, 6);
  }

  /** Newer configs have an object a layer type; older ones scale the full layers only. */
  private static Rope rope(Config config, String type, String key, double theta, int headWidth) {
    RopeReader reader = RopeReader.whole(config).withTheta(key, theta);
    Config objects = config.optionalObject("rope_parameters").orElse(null);
    if (objects != null && !objects.has(LayerTypes.FULL) && !objects.has(LayerTypes.SLIDING)) {
      throw config.wrong(
          "rope_parameters",
          "an object for each of '" + LayerTypes.FULL + "' and '" + LayerTypes.SLIDING + "'");
    }
    Config own = objects == null ? null : objects.optionalObject(type).orElse(null);
    if (own == null && type.equals(LayerTypes.FULL)) {
      own = config.optionalObject("rope_scaling").orElse(null);
    }
    return reader.read(headWidth, own, RopeReader.type(own));
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.TIED
        .capped(Gemma2.cap(config, "final_logit_softcapping", 0))
        .of(architecture, config, backbone, parts);
  }
}
