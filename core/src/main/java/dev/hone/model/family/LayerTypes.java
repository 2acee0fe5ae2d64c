package dev.hone.model.family;

import dev.hone.model.Window;
import dev.hone.store.Config;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which layers see everything before them, and which only a window of it.
 *
 * @param names one a layer: full_attention or sliding_attention
 * @param window of the sliding ones
 */
record LayerTypes(List<String> names, @Nullable Window window) {
  static final String FULL = "full_attention";
  static final String SLIDING = "sliding_attention";

  /**
   * Reads {@code layer_types}.
   *
   * @param window {@code sliding_window}, or null where there is none
   * @param sliding which layers slide where the config lists no types
   */
  static LayerTypes read(
      Config config, int layers, @Nullable Integer window, IntPredicate sliding) {
    List<String> names = config.texts("layer_types");
    if (!config.has("layer_types")) {
      names =
          IntStream.range(0, layers)
              .mapToObj(layer -> sliding.test(layer) ? SLIDING : FULL)
              .toList();
    }
    if (names.size() != layers
        || !names.stream().allMatch(n -> List.of(FULL, SLIDING).contains(n))) {
      throw config.wrong(
          "layer_types",
          "one of '" + FULL + "', '" + SLIDING + "' for each of " + layers + " layers");
    }
    if (names.contains(SLIDING) && (window == null || window < 1)) {
      throw config.wrong(
          "sliding_window", "1 or more and in use, as there are layers of type '" + SLIDING + "'");
    }
    return new LayerTypes(names, window == null ? null : Window.last(window));
  }

  boolean slides(int layer) {
    return names.get(layer).equals(SLIDING);
  }

  @Nullable Window window(int layer) {
    return slides(layer) ? window : null;
  }

  /** A window of all layers alike, or none. */
  static @Nullable Window common(Config config, @Nullable Integer window) {
    if (window != null && window < 1) {
      throw config.wrong("sliding_window", "1 or more");
    }
    return window == null ? null : Window.last(window);
  }
}
