package dev.hone.issues;

import dev.hone.TinyModels;
import dev.hone.data.Refused;
import dev.hone.model.Model;
import dev.hone.model.family.Families;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** RoPE's frequencies of a very wide head filled the memory, and less than none broke it. */
class HeadWithoutEndTest {
  @TempDir Path folder;

  @Test
  void isRefused() throws IOException {
    String config = TinyModels.llamaConfig("{}");
    try (Model model = TinyModels.random(config)) {
      TinyModels.write(folder, config, model, UnaryOperator.identity());
    }
    Files.writeString(
        folder.resolve("config.json"), TinyModels.llamaConfig("{'hidden_size': 560332800}"));
    Refused.with(
        "config.json: heads are 140083200 wide, expected 1 to 65536",
        () -> Families.load(folder).close());
    Files.writeString(
        folder.resolve("config.json"), TinyModels.llamaConfig("{'head_dim': -95469568}"));
    Refused.with("expected 1 to 65536", () -> Families.load(folder).close());
  }
}
