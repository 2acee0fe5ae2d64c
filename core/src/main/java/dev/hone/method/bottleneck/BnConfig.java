package dev.hone.method.bottleneck;

import dev.hone.error.HoneException;
import dev.hone.method.MethodConfig;
import dev.hone.model.Activation;
import dev.hone.model.Junction;
import dev.hone.store.Config;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What AdapterHub calls BnConfig: where bottlenecks stand and what is in them, complete, under the
 * names of {@code adapter_config.json}.
 *
 * @param mhAdapter after attention
 * @param outputAdapter after the feed-forward part
 * @param crossAdapter after attention to an encoder
 * @param reductionFactor how many times narrower the middle is: by the number of a layer, from 0,
 *     or by {@code default}
 * @param nonLinearity an activation, under its name in config.json
 * @param originalLnBefore whether the layer's own sum and norm come before the bottleneck
 * @param originalLnAfter whether they come (again) after it
 * @param lnBefore whether the bottleneck begins with a norm of its own
 * @param lnAfter whether it ends with one
 * @param residualBeforeLn where the way around it begins
 * @param adapterResidualBeforeLn whether that way ends before {@code lnAfter}
 * @param isParallel whether it reads what the part was given, not what the part made
 * @param factor on what it adds, where {@code scaling} is FIXED
 * @param dropout on what it adds, while training
 * @param leaveOut numbers of layers without any, from 0; an encoder's before a decoder's
 */
public record BnConfig(
    boolean mhAdapter,
    boolean outputAdapter,
    boolean crossAdapter,
    Map<String, Double> reductionFactor,
    String nonLinearity,
    boolean originalLnBefore,
    boolean originalLnAfter,
    boolean lnBefore,
    boolean lnAfter,
    Residual residualBeforeLn,
    boolean adapterResidualBeforeLn,
    boolean isParallel,
    Scaling scaling,
    double factor,
    Start initWeights,
    double dropout,
    List<Integer> leaveOut)
    implements MethodConfig {

  /** Where the way around a bottleneck begins. */
  public enum Residual {
    /** At what the part made. */
    TRUE,
    /** At what the bottleneck is given. */
    FALSE,
    /** At the layer's own sum, before its norm. */
    POST_ADD
  }

  /** What the added part is multiplied by. */
  public enum Scaling {
    FIXED,
    /** One trained number. */
    LEARNED,
    /** One trained number a channel. */
    CHANNEL
  }

  /** Where the two matrices begin. */
  public enum Start {
    /** Both normal with deviation 0.02: a small change from the start. */
    BERT,
    /** The second is zero: no change at the start (arXiv:2110.04366). */
    MAM_ADAPTER
  }

  private static final String DEFAULT = "default";

  /** Of hypercomplex layers, which are refused, and of starts. */
  private static final Set<String> NEUTRAL =
      Set.of(
          "phm_dim",
          "phm_bias",
          "phm_c_init",
          "phm_init_range",
          "phm_rank",
          "learn_phm",
          "shared_W_phm",
          "shared_phm_rule",
          "factorized_phm_W",
          "factorized_phm_rule",
          "hypercomplex_nonlinearity",
          "init_weights_seed",
          "inv_adapter_reduction_factor",
          "stochastic_depth",
          // Written by old versions without ever being used; tensors of such a module are refused.
          "invertible_adapter");

  /** Activations under their old names, as files without a version have them. */
  private static final Map<String, String> RENAMED =
      Map.of("gelu", "gelu_new", "gelu_orig", "gelu");

  /** After both parts of each layer (Houlsby et al. 2019, arXiv:1902.00751). */
  public static BnConfig houlsby() {
    return preset(true, "swish", 16, false);
  }

  /** After the feed-forward part and its norm (Pfeiffer et al. 2021, arXiv:2005.00247). */
  public static BnConfig pfeiffer() {
    return preset(false, "relu", 16, true);
  }

  private static BnConfig preset(boolean attention, String f, double factor, boolean lnBefore) {
    return new BnConfig(
        attention,
        true,
        false,
        Map.of(DEFAULT, factor),
        f,
        lnBefore,
        true,
        false,
        false,
        Residual.TRUE,
        false,
        false,
        Scaling.FIXED,
        1,
        Start.BERT,
        0,
        List.of());
  }

  /** Beside the feed-forward part (He et al. 2022, arXiv:2110.04366). */
  public static BnConfig parallel() {
    return new BnConfig(
        false,
        true,
        false,
        Map.of(DEFAULT, 2.0),
        "relu",
        false,
        true,
        false,
        false,
        Residual.TRUE,
        false,
        true,
        Scaling.FIXED,
        4,
        Start.MAM_ADAPTER,
        0,
        List.of());
  }

  /**
   * The {@code config} of a file.
   *
   * @param versioned whether the file says which version wrote it
   */
  static BnConfig read(Config json, boolean versioned) {
    String architecture = json.optionalText("architecture").orElse("");
    if (!architecture.isEmpty()) {
      throw json.wrong("architecture", "null: only bottleneck adapters of AdapterHub are read");
    }
    String written = json.text("non_linearity").toLowerCase(Locale.ROOT);
    String f = versioned ? written : RENAMED.getOrDefault(written, written);
    if (Activation.find(f).isEmpty()) {
      throw json.wrong("non_linearity", "one of " + String.join(", ", Activation.names()));
    }
    JsonNode scaling = json.json().path("scaling");
    Scaling kind =
        switch (scaling.asString("")) {
          case "learned" -> Scaling.LEARNED;
          case "channel" -> Scaling.CHANNEL;
          default -> Scaling.FIXED;
        };
    BnConfig read =
        new BnConfig(
            json.booleanValue("mh_adapter"),
            json.booleanValue("output_adapter"),
            flag(json, "cross_adapter", false),
            factors(json),
            f,
            flag(json, "original_ln_before", false),
            flag(json, "original_ln_after", true),
            flag(json, "ln_before", false),
            flag(json, "ln_after", false),
            residual(json),
            flag(json, "adapter_residual_before_ln", false),
            flag(json, "is_parallel", false),
            kind,
            kind == Scaling.FIXED ? json.optionalDouble("scaling").orElse(1) : 1,
            json.json().path("init_weights").asString("").equals("mam_adapter")
                ? Start.MAM_ADAPTER
                : Start.BERT,
            json.optionalDouble("dropout").orElse(0),
            json.ints("leave_out"));
    refuseTheRest(json, read);
    return read;
  }

  private static boolean flag(Config json, String key, boolean otherwise) {
    return json.optionalBoolean(key).orElse(otherwise);
  }

  private static Residual residual(Config json) {
    String key = "residual_before_ln";
    if (json.json().path(key).isString()) {
      if (!json.text(key).equals("post_add")) {
        throw json.wrong(key, "true, false or post_add");
      }
      return Residual.POST_ADD;
    }
    return flag(json, key, true) ? Residual.TRUE : Residual.FALSE;
  }

  private static Map<String, Double> factors(Config json) {
    String key = "reduction_factor";
    Map<String, Double> factors = new TreeMap<>();
    if (json.json().path(key).isObject()) {
      Config byLayer = json.object(key);
      byLayer.keys().forEach(layer -> factors.put(layer, byLayer.doubleValue(layer)));
    } else {
      factors.put(DEFAULT, json.doubleValue(key));
    }
    if (!factors.values().stream().allMatch(factor -> factor > 0)) {
      throw json.wrong(key, "numbers above 0");
    }
    return factors;
  }

  /** A list of what is known, not of what is refused. */
  private static void refuseTheRest(Config json, BnConfig read) {
    for (String key : json.keys()) {
      JsonNode value = json.json().path(key);
      boolean off =
          value.isNull()
              || (value.isBoolean() && !value.asBoolean())
              || (value.isContainer() && value.isEmpty());
      if (!off && !NEUTRAL.contains(key) && !read.fields().containsKey(key)) {
        throw json.wrong(key, "null or false: anything else is not supported");
      }
    }
  }

  /** The same as AdapterHub writes it. */
  Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new TreeMap<>();
    fields.put("adapter_residual_before_ln", adapterResidualBeforeLn);
    fields.put("cross_adapter", crossAdapter);
    fields.put("dropout", dropout);
    fields.put("init_weights", initWeights.name().toLowerCase(Locale.ROOT));
    fields.put("is_parallel", isParallel);
    fields.put("leave_out", leaveOut);
    fields.put("ln_after", lnAfter);
    fields.put("ln_before", lnBefore);
    fields.put("mh_adapter", mhAdapter);
    fields.put("non_linearity", nonLinearity);
    fields.put("original_ln_after", originalLnAfter);
    fields.put("original_ln_before", originalLnBefore);
    fields.put("output_adapter", outputAdapter);
    boolean one = reductionFactor.keySet().equals(Set.of(DEFAULT));
    fields.put("reduction_factor", one ? reductionFactor.get(DEFAULT) : reductionFactor);
    fields.put(
        "residual_before_ln",
        switch (residualBeforeLn) {
          case TRUE -> true;
          case FALSE -> false;
          case POST_ADD -> "post_add";
        });
    fields.put(
        "scaling", scaling == Scaling.FIXED ? factor : scaling.name().toLowerCase(Locale.ROOT));
    return fields;
  }

  /** Whether a bottleneck stands after this part. */
  boolean follows(Junction.Part part) {
    return switch (part) {
      case ATTENTION -> mhAdapter;
      case CROSS_ATTENTION -> crossAdapter;
      case FEED_FORWARD -> outputAdapter;
    };
  }

  /** Channels in the middle, at a width of C; at least one. */
  long middle(int layer, long width) {
    Double own = reductionFactor.getOrDefault(String.valueOf(layer), reductionFactor.get(DEFAULT));
    if (own == null) {
      throw new HoneException(
          "reduction_factor: neither layer " + layer + " nor 'default' has a number");
    }
    return Math.max(1, (long) Math.floor(width / own));
  }
}
