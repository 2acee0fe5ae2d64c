package dev.hone.issues;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A model of no layers opened, and broke when it was first used. */
class ModelWithoutLayersTest {
  private static final String NONE =
      "{'num_hidden_layers': 0, 'n_layer': 0, 'n_layers': 0, 'num_layers': 0, 'attention_types': [],"
          + " 'encoder_layers': 0, 'decoder_layers': 0}";

  static Stream<String> configs() {
    return Stream.concat(TinyModels.writerConfigs().stream(), TinyEncoders.all().stream());
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("configs")
  void isRefused(String config) {
    String none = TinyModels.merged(config, NONE);
    HoneException refused =
        assertThrows(HoneException.class, () -> TinyModels.random(none).close(), none);
    assertTrue(String.valueOf(refused.getMessage()).contains("ayers"), refused.toString());
  }
}
