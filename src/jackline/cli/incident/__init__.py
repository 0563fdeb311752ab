"""`jackline incident`: what is known of an incident, as one archive for somebody who was not there."""
