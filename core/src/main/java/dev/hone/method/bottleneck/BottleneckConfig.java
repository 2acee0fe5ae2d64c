package dev.hone.method.bottleneck;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.config.Range;
import dev.hone.method.MethodConfig;
import dev.hone.method.bottleneck.BnConfig.Residual;
import dev.hone.method.bottleneck.BnConfig.Scaling;
import dev.hone.model.Activation;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Bottleneck adapters, as a recipe asks for them; what it leaves open is as in the preset. */
@Name("bottleneck")
@Doc("Bottleneck adapters: small networks after the parts of each layer (arXiv:1902.00751)")
public record BottleneckConfig(
    @Doc("houlsby (after both parts), pfeiffer (after feed-forward), or parallel (beside it)")
        Preset preset,
    @Doc("How many times narrower than the model the middle is; absent: as in the preset")
        @Range(min = 0.01, max = 65536)
        @Nullable Double reductionFactor,
    @Doc("Activation in the middle, e.g. relu, gelu, swish; absent: as in the preset")
        @Nullable String nonLinearity,
    @Doc("Factor on what is added: a number, learned, or channel; absent: as in the preset")
        @Nullable String scaling,
    @Doc("A bottleneck after attention; absent: as in the preset") @Nullable Boolean mhAdapter,
    @Doc("One after the feed-forward part; absent: as in the preset")
        @Nullable Boolean outputAdapter,
    @Doc("One after attention to the encoder") boolean crossAdapter,
    @Doc("The layer's own sum and norm before the bottleneck; absent: as in the preset")
        @Nullable Boolean originalLnBefore,
    @Doc("The layer's own sum and norm after the bottleneck") boolean originalLnAfter,
    @Doc("A new norm at the beginning of the bottleneck") boolean lnBefore,
    @Doc("A new norm at its end") boolean lnAfter,
    @Doc("Where the way around begins: true before the layer's norm, false after it, or post-add")
        Residual residualBeforeLn,
    @Doc("The way around ends before the new norm at the end") boolean adapterResidualBeforeLn,
    @Doc("Dropout on what is added, while training") @Range(min = 0, max = 0.95) double dropout,
    @Doc("Numbers of layers without bottlenecks, from 0") List<Integer> leaveOut,
    @Doc("Modules of the head that are trained whole and saved with the adapter")
        List<String> modulesToSave,
    @Doc("What AdapterHub calls the adapter; part of the names of its tensors") String name)
    implements MethodConfig {

  /** A published arrangement. */
  public enum Preset {
    HOULSBY,
    PFEIFFER,
    PARALLEL;

    BnConfig config() {
      return switch (this) {
        case HOULSBY -> BnConfig.houlsby();
        case PFEIFFER -> BnConfig.pfeiffer();
        case PARALLEL -> BnConfig.parallel();
      };
    }
  }

  public BottleneckConfig {
    if (nonLinearity != null && Activation.find(nonLinearity).isEmpty()) {
      throw new IllegalArgumentException(
          "nonLinearity is '" + nonLinearity + "', expected one of " + Activation.names());
    }
    if (scaling != null && kind(scaling) == Scaling.FIXED && !isNumber(scaling)) {
      throw new IllegalArgumentException(
          "scaling is '" + scaling + "', expected a number, learned or channel");
    }
    if (!name.matches("[^.\\s]+")) {
      throw new IllegalArgumentException(
          "name is '" + name + "', expected a word without dots: it is part of tensors' names");
    }
  }

  public static BottleneckConfig defaults() {
    return new BottleneckConfig(
        Preset.HOULSBY,
        null,
        null,
        null,
        null,
        null,
        false,
        null,
        true,
        false,
        false,
        Residual.TRUE,
        false,
        0,
        List.of(),
        List.of(),
        "hone");
  }

  private static Scaling kind(String scaling) {
    return switch (scaling) {
      case "learned" -> Scaling.LEARNED;
      case "channel" -> Scaling.CHANNEL;
      default -> Scaling.FIXED;
    };
  }

  private static boolean isNumber(String text) {
    return text.matches("-?[0-9]+(\\.[0-9]+)?([eE]-?[0-9]+)?");
  }

  /** The same with everything settled. */
  BnConfig settled() {
    BnConfig base = preset.config();
    Scaling kind = scaling == null ? base.scaling() : kind(scaling);
    return new BnConfig(
        or(mhAdapter, base.mhAdapter()),
        or(outputAdapter, base.outputAdapter()),
        crossAdapter,
        reductionFactor == null ? base.reductionFactor() : Map.of("default", reductionFactor),
        or(nonLinearity, base.nonLinearity()),
        or(originalLnBefore, base.originalLnBefore()),
        originalLnAfter,
        lnBefore,
        lnAfter,
        residualBeforeLn,
        adapterResidualBeforeLn,
        base.isParallel(),
        kind,
        scaling != null && kind == Scaling.FIXED ? Double.parseDouble(scaling) : base.factor(),
        base.initWeights(),
        dropout,
        leaveOut);
  }

  private static <T> T or(@Nullable T chosen, T otherwise) {
    return chosen == null ? otherwise : chosen;
  }
}
