/** What a user can mend, said in one line. */
@NullMarked
package dev.hone.error;

import org.jspecify.annotations.NullMarked;
