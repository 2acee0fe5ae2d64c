package dev.hone.run;

import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.store.AtomicFiles;
import dev.hone.store.Hashes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;

/**
 * Sees to it that a run is taken up with the rows and the base that it was begun with: the recipe
 * names files, and what is in them may have changed since.
 */
final class SameInputs {
  private static final String FILE = "inputs.sha256";

  private SameInputs() {}

  static void require(RunFolder folder, Base base, Prepared rows) {
    Path file = folder.file(FILE);
    String now = hash(base, rows);
    try {
      if (folder.resumed() && Files.exists(file) && !Files.readString(file).equals(now)) {
        throw new HoneException(
            folder.path()
                + " was begun with other rows or another base model than there are now; put them"
                + " back, remove the folder, or give this run a name of its own (name=...)");
      }
    } catch (IOException e) {
      throw new HoneException("cannot read " + file + ": " + e.getMessage(), e);
    }
    AtomicFiles.write(file, now);
  }

  /** Over what the model is given, so that neither the order of files nor their format matters. */
  private static String hash(Base base, Prepared rows) {
    MessageDigest digest = Hashes.sha256();
    digest.update(base.numbers().getBytes(StandardCharsets.UTF_8));
    for (List<TokenRow> split : List.of(rows.train(), rows.validation(), rows.test())) {
      for (TokenRow row : split) {
        String text =
            Arrays.toString(row.ids()) + Arrays.toString(row.learned()) + row.label() + '\n';
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        if (row.types() != null || row.target() != null) {
          String more = Arrays.toString(row.types()) + row.target() + '\n';
          digest.update(more.getBytes(StandardCharsets.UTF_8));
        }
      }
      digest.update((byte) 0);
    }
    return Hashes.hex(digest);
  }
}
