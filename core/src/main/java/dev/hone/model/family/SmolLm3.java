package dev.hone.model.family;

import dev.hone.model.Backbone;
import dev.hone.model.Head;
import dev.hone.model.LayerKind;
import dev.hone.model.Parts;
import dev.hone.model.Rope;
import dev.hone.model.RopeReader;
import dev.hone.store.Config;
import java.util.List;
import java.util.stream.IntStream;

/** SmolLM3: Llama in which some layers do without positions. */
final class SmolLm3 implements Family {
  @Override
  public List<String> architectures() {
    return List.of("SmolLM3ForCausalLM", "SmolLM3ForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "model.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    LlamaModules modules = LlamaModules.of(config, parts);
    Sizes sizes = modules.sizes();
    List<Boolean> turning = turning(config, sizes.layers());
    Integer window = Options.nullableInt(config, "sliding_window", null);
    boolean used = modules.flag("use_sliding_window") && window != null;
    LayerTypes types =
        LayerTypes.read(config, sizes.layers(), window, layer -> used && !turning.get(layer));
    Rope rope = RopeReader.whole(config).withTheta("rope_theta", 2e6).read(sizes.headWidth());
    boolean bias = modules.flag("attention_bias");
    Kinds kinds = new Kinds();
    return modules.decoder(
        1,
        kinds,
        layer ->
            modules.preNorm(
                layer,
                modules
                    .attention(layer, modules.qkv(layer, bias), bias)
                    .ofKind(
                        kinds.of(
                            LayerKind.rotary(
                                types.window(layer), turning.get(layer) ? rope : null))),
                modules.flag("mlp_bias")));
  }

  /** {@code no_rope_layers} holds a 1 where a layer has positions, in spite of its name. */
  private static List<Boolean> turning(Config config, int layers) {
    int interval = Options.positive(config, "no_rope_layer_interval", 4);
    List<Integer> listed = config.ints("no_rope_layers");
    if (config.has("no_rope_layers") && listed.size() < layers) {
      throw config.wrong("no_rope_layers", "a number for each of " + layers + " layers");
    }
    return IntStream.range(0, layers)
        .mapToObj(i -> listed.isEmpty() ? (i + 1) % interval != 0 : listed.get(i) != 0)
        .toList();
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.TIED.of(architecture, config, backbone, parts);
  }
}
