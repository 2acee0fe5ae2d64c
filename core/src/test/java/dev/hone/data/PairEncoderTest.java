package dev.hone.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import dev.hone.tokenizer.Encoder;
import java.util.List;
import org.junit.jupiter.api.Test;

class PairEncoderTest {
  /** A token a letter, ended by 1, as T5 has it. */
  private static final class Letters implements Encoder {
    @Override
    public int[] encode(String text) {
      return text.chars().toArray();
    }

    @Override
    public int[] encodeWithSpecial(String text) {
      return (text + "\1").chars().toArray();
    }

    @Override
    public int eosId() {
      return 1;
    }

    @Override
    public int bosId() {
      return -1;
    }

    @Override
    public int padId() {
      return 0;
    }

    @Override
    public boolean addsBos() {
      return false;
    }
  }

  private static PairEncoder encoder(int maxTokens, List<String> labels) {
    DataConfig config = DataConfig.defaults().asking("ask {text}", "{label}", maxTokens);
    return new PairEncoder(new Letters(), config, 12, labels);
  }

  private static int[] ids(String text) {
    return text.chars().toArray();
  }

  @Test
  void theCompletionIsLearnedToItsEnd() {
    EncodedRows rows =
        encoder(0, List.of()).encode(List.of(new Example.Completion("read", "write", "f:1")));
    TokenRow row = rows.rows().getFirst();
    assertArrayEquals(ids("read\1write\1"), row.ids());
    assertEquals(6, row.learnedTokens());
    boolean[] learned = new boolean[11];
    java.util.Arrays.fill(learned, 5, 11, true);
    assertArrayEquals(learned, row.learned());
  }

  @Test
  void eachSideHasTheWholeContext() {
    PairEncoder encoder = encoder(0, List.of());
    TokenRow row =
        encoder
            .encode(List.of(new Example.Completion("a long text to read", "abcdefghijk", "f:1")))
            .rows()
            .getFirst();
    assertArrayEquals(ids("a long text\1abcdefghijk\1"), row.ids(), "cut from the right");
    var refused =
        assertThrows(
            HoneException.class,
            () -> encoder.encode(List.of(new Example.Completion("a", "abcdefghijkl", "f:2"))));
    assertTrue(String.valueOf(refused.getMessage()).contains("13 tokens does not fit into 12"));
  }

  @Test
  void aLabelIsAnsweredInItsWords() {
    PairEncoder encoder = encoder(0, List.of("no", "yes"));
    Example.Labelled example = new Example.Labelled("it", "yes", "f:1");
    TokenRow row = encoder.encode(List.of(example)).rows().getFirst();
    assertArrayEquals(ids("ask it\1yes\1"), row.ids());
    assertEquals(1, row.label());
    assertArrayEquals(ids("ask it\1"), encoder.prompt(example));
    assertArrayEquals(ids("yes"), encoder.choices(List.of("yes")).getFirst());
    assertThrows(
        HoneException.class,
        () -> encoder.encode(List.of(new Example.Labelled("it", "yet", "f:2"))));
  }

  @Test
  void whatIsNoPairIsRefused() {
    PairEncoder encoder = encoder(0, List.of());
    var text =
        assertThrows(
            HoneException.class, () -> encoder.encode(List.of(new Example.Text("words", "f:7"))));
    assertTrue(String.valueOf(text.getMessage()).startsWith("f:7: "), text.getMessage());
    assertThrows(HoneException.class, () -> encoder(13, List.of()));
    assertThrows(
        HoneException.class, () -> encoder.encode(List.of(new Example.Completion("a", "", "f:1"))));
  }
}
