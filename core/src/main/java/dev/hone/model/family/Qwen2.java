package dev.hone.model.family;

import dev.hone.model.Backbone;
import dev.hone.model.Head;
import dev.hone.model.LayerKind;
import dev.hone.model.Parts;
import dev.hone.model.Rope;
import dev.hone.store.Config;
import java.util.List;

/** Qwen 2 and 2.5: Llama with biases on queries, keys and values (arXiv:2407.10671). */
final class Qwen2 implements Family {
  @Override
  public List<String> architectures() {
    return List.of("Qwen2ForCausalLM", "Qwen2ForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "model.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    LlamaModules modules = LlamaModules.of(config, parts);
    Kinds kinds = new Kinds();
    LayerTypes types = types(config, modules.sizes().layers());
    Rope rope = Rope.of(config, modules.sizes().headWidth());
    return modules.decoder(
        1,
        kinds,
        layer ->
            modules.preNorm(
                layer,
                modules
                    .attention(layer, modules.qkv(layer, true), false)
                    .ofKind(kinds.of(LayerKind.rotary(types.window(layer), rope))),
                false));
  }

  /** Layers from {@code max_window_layers} on slide, where sliding is switched on at all. */
  static LayerTypes types(Config config, int layers) {
    boolean used = config.optionalBoolean("use_sliding_window").orElse(false);
    Integer window = used ? Options.nullableInt(config, "sliding_window", 4096) : null;
    int first = config.optionalInt("max_window_layers").orElse(28);
    return LayerTypes.read(config, layers, window, layer -> window != null && layer >= first);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.UNTIED.of(architecture, config, backbone, parts);
  }
}
