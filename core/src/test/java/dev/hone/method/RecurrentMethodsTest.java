package dev.hone.method;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.config.Name;
import dev.hone.config.OneOf;
import dev.hone.error.HoneException;
import dev.hone.model.Model;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What can train in a recurrent model. */
class RecurrentMethodsTest {
  static Stream<Class<?>> others() {
    return Stream.of(MethodConfig.class.getAnnotation(OneOf.class).value())
        .filter(c -> c != FullConfig.class);
  }

  @ParameterizedTest
  @MethodSource("others")
  void onlyFullTuningHasSomethingToChange(Class<?> type) throws ReflectiveOperationException {
    var defaults = type.getDeclaredMethod("defaults");
    defaults.setAccessible(true);
    MethodConfig config = (MethodConfig) defaults.invoke(null);
    try (Model model = TinyModels.random(TinyModels.awdLstmConfig("{}"))) {
      var refused = assertThrows(HoneException.class, () -> Methods.attach(config, model));
      String message = String.valueOf(refused.getMessage());
      assertTrue(message.contains("is " + type.getAnnotation(Name.class).value()), message);
      assertEquals(1, message.lines().count());
    }
  }

  private static Set<String> trained(String... words) {
    FullConfig config = new FullConfig(FullConfig.Stored.F32, List.of(words), List.of());
    try (Model model = TinyModels.random(TinyModels.awdLstmClassifier());
        Full full = new Full(config, model)) {
      return new TreeSet<>(full.trainable().keySet());
    }
  }

  private static Set<String> named(String expression) {
    return trained("all").stream()
        .filter(n -> n.matches(expression))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Layers count from the table up, as those of other models do. */
  @Test
  void wordsMeanItsLayers() {
    assertEquals(named("classifier.*"), trained("head"));
    assertEquals(named("(model.layers.2|classifier).*"), trained("top-1"));
    assertEquals(named("(model.layers.[12]|classifier).*"), trained("top-2"));
    assertEquals(named("model.(layers.0|embed_tokens).*"), trained("bottom-1"));
    assertEquals(Set.of("model.embed_tokens.weight"), trained("embeddings"));
    assertEquals(named(".*(bias|bias_ih|bias_hh)"), trained("biases"));
  }
}
