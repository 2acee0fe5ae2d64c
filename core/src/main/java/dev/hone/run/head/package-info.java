/** What heads are asked: a class for each kind, with what it reads, answers and is measured by. */
@NullMarked
package dev.hone.run.head;

import org.jspecify.annotations.NullMarked;
