package dev.hone.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import org.junit.jupiter.api.function.Executable;

/** Checks that a user's mistake is refused with one clear line. */
public final class Refused {
  private Refused() {}

  public static void with(String part, Executable action) {
    HoneException e = assertThrows(HoneException.class, action);
    String message = String.valueOf(e.getMessage());
    assertTrue(message.contains(part), message);
    assertEquals(1, message.lines().count(), message);
  }
}
