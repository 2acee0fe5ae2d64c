package dev.hone.issues;

import dev.hone.TinyModels;
import dev.hone.data.Refused;
import dev.hone.model.Model;
import dev.hone.model.family.Families;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A BART whose width does not divide among its heads was loaded, and broke when it was asked. */
class HeadsThatDoNotDivideTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"encoder_attention_heads", "decoder_attention_heads"})
  void areRefused(String key) throws IOException {
    String sound = TinyModels.bartConfig("{}");
    try (Model model = TinyModels.random(sound)) {
      TinyModels.write(folder, sound, model, UnaryOperator.identity());
    }
    Files.writeString(folder.resolve("config.json"), TinyModels.bartConfig("{'" + key + "': 3}"));
    Refused.with("does not divide among 3 heads", () -> Families.load(folder).close());
  }
}
