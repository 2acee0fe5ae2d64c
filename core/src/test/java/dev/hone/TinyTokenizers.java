package dev.hone;

import dev.hone.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Tokenizers whose every token is named by the test. */
public final class TinyTokenizers {
  private TinyTokenizers() {}

  /**
   * BERT's: [PAD], [UNK], [CLS], [SEP] and [MASK] are 0 to 4, the pieces follow; a piece that goes
   * on begins with ##.
   */
  public static Tokenizer wordPiece(Path folder, List<String> pieces) {
    StringBuilder vocabulary = new StringBuilder("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n");
    pieces.forEach(piece -> vocabulary.append(piece).append('\n'));
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("vocab.txt"), vocabulary);
      Files.writeString(
          folder.resolve("tokenizer_config.json"),
          """
          {"tokenizer_class": "BertTokenizer", "do_lower_case": true, "pad_token": "[PAD]",
           "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]",
           "mask_token": "[MASK]"}
          """);
      return Tokenizer.open(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
