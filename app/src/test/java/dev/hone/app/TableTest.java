package dev.hone.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TableTest {
  private final Console plain = new TestConsole(false).console;

  @Test
  void numbersStandToTheRight() {
    assertEquals(
        """
        method    accuracy    memory   time
        ───────────────────────────────────
        lora        98.1 %  1.50 GiB  1m12s
        majority       7 %   512 MiB      -
        """,
        new Table("method", "accuracy", "memory", "time")
            .row("lora", "98.1 %", Human.bytes(3L << 29), "1m12s")
            .row("majority", "7 %", Human.bytes(512L << 20), "-")
            .text(plain));
  }

  @Test
  void wordsStandToTheLeft() {
    assertEquals(
        """
        run       note
        ──────────────────────
        12        3 blind mice
        majority  none
        """,
        new Table("run", "note").row("12", "3 blind mice").row("majority", "none").text(plain));
  }

  @Test
  void wideAndCombiningCharactersKeepTheColumns() {
    String text =
        new Table("text", "x").row("漢字", "a").row("e\u0301", "b").row("👍", "c").text(plain);
    assertEquals("text  x\n───────\n漢字  a\ne\u0301     b\n👍    c\n", text);
  }

  @Test
  void theHeadingIsBoldOnATerminal() {
    String text = new Table("a").row(1).text(new TestConsole(true).console);
    assertTrue(text.startsWith("\u001b[1ma\u001b[0m\n"), text);
  }

  @Test
  void aRowHasACellForEachColumn() {
    assertThrows(IllegalArgumentException.class, () -> new Table("a", "b").row("1"));
  }
}
